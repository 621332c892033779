"""Qualcomm's NPU, its simulator, and the same fixed-point graphs on the CPU."""

from runtime_py.engines.qnn.engine import KIND

__all__ = ["KIND"]
