"""Per-operation datasets from dialogues with an oracle. No torch."""

from distill.datasets.build import build_datasets, write_datasets

__all__ = ["build_datasets", "write_datasets"]
