"""Per-operation datasets from dialogues with an oracle. No torch."""

from distill.datasets.build import SPLITS, build_datasets, read_examples, write_datasets
from distill.datasets.example import Example

__all__ = ["SPLITS", "Example", "build_datasets", "read_examples", "write_datasets"]
