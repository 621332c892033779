"""A memory for other programs: `http` serves OpenAI's and Mem0's shapes."""

import runtime_py  # noqa: F401  # first: it silences the telemetry of what is imported next
