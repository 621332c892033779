"""ONNX Runtime on the CPU. What traces imports torch; linking into a kept template does without."""

from export.targets.onnx.target import TARGET

__all__ = ["TARGET"]
