"""Writes `export/golden_inputs/<op>.jsonl`: `python -m tests.export.golden_inputs`. A test makes them afresh."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from distill.corpus import generate_dialogues
from distill.corpus.scenes import generate_scenes
from distill.datasets import build_datasets
from distill.datasets.build import ROOM
from runtime_py import operations
from runtime_py.files import Example, write_example, write_file_atomic

FOLDER = Path(__file__).parents[2] / "export" / "golden_inputs"
COUNTS = {
    "extract": 32,
    "select": 32,
    "update": 24,
    "generate": 64,
    "vqa": 36,
}  # together more than 2,000 greedy steps with trained experts
SEED = 2512_04763


def golden_inputs(operation: str) -> str:
    """Rows of people and values never seen in training."""
    if operation in operations.pictured():
        painted = generate_scenes("test", 3 + COUNTS[operation], SEED)
        examples: Iterator[Example] = (
            row for scene in painted for row in operations.part(ROOM, operation, "PICTURED")(scene)
        )
    else:
        examples = build_datasets(generate_dialogues("test", 40, SEED), operation)
    return "".join(write_example(example) + "\n" for example in islice(examples, 3, 3 + COUNTS[operation]))


if __name__ == "__main__":
    for name in COUNTS:
        write_file_atomic(FOLDER / f"{name}.jsonl", golden_inputs(name).encode())
