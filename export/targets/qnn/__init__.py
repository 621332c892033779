"""Qualcomm's NPU. What traces imports torch, what compiles needs the extra `npu`."""

from export.targets.qnn.target import TARGET

__all__ = ["TARGET"]
