"""The specification: operations, bundle, engines, decoding, store, memory. Importing it silences telemetry."""

from runtime_py.privacy import silence

silence()
