"""Base and adapters into a bundle."""

import runtime_py  # noqa: F401  # first: it silences the telemetry of what is imported next
