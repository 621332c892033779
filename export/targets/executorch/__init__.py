"""ExecuTorch on the CPU. Listing the targets imports no torch; lowering does."""

from export.targets.executorch.target import TARGET

__all__ = ["TARGET"]
