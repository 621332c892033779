"""A memory for other programs: `http` serves OpenAI's and Mem0's shapes, `mcp` gives a model its tools."""

import runtime_py  # noqa: F401  # first: it silences the telemetry of what is imported next
