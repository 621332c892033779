"""Checkpoints into the int4 base."""

import runtime_py  # noqa: F401  # first: it silences the telemetry of what is imported next
