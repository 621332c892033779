"""Datasets from the written dialogues: whole hands a split, several passes over the training hands."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from distill.corpus.natural_text import FOLDER, hands, read_natural
from distill.datasets import select
from distill.datasets.build import write_datasets
from distill.datasets.recall import recall_examples
from runtime_py.dialogues import Dialogue, write_dialogues
from runtime_py.files import Example

SPLITS_FILE = FOLDER / "splits.toml"
HELD_OUT = ("validation", "test")
_ENDLESS = 10**9


@cache
def split_of_hands() -> dict[str, str]:
    """The split of each hand, by its letter."""
    told = tomllib.loads(SPLITS_FILE.read_text("utf-8"))
    return {hand: split for split, letters in told.items() for hand in letters}


def natural_dialogues(split: str) -> list[Dialogue]:
    """The dialogues of a split's hands, in order."""
    return [dialogue for hand, path in hands() if split_of_hands()[hand] == split for dialogue in read_natural(path)]


def recall_rows(split: str, passes: int) -> Iterator[Example]:
    """generate's rows of a split: `passes` different contexts a question in training, one where held out."""
    dialogues = natural_dialogues(split)
    for number in range(1 if split in HELD_OUT else passes):
        for dialogue in dialogues:
            yield from recall_examples(dialogue, Random(f"generate:{dialogue.id}:{number}"), number)


def select_rows(split: str, passes: int) -> Iterator[Example]:
    """select's rows of a split: `passes` different cuts of each dialogue in training, one where held out."""
    for number in range(1 if split in HELD_OUT else passes):
        for dialogue in natural_dialogues(split):
            for row in select.DATASET(dialogue, Random(f"select:{dialogue.id}:{number}")):
                yield replace(row, id=f"{row.id}/{number}")


ROWS = {"generate": recall_rows, "select": select_rows}
"""Operations that written dialogues teach, and their rows of a split in a number of passes."""


def write_natural(out: Path, passes: int) -> dict[str, dict[str, int]]:
    """`out/datasets/OPERATION` and `out/dialogues/SPLIT.jsonl`; rows and dialogues made, by split."""
    splits = ("train", *HELD_OUT)
    made = {
        operation: write_datasets(
            out / "datasets" / operation,
            operation,
            {split: rows(split, passes) for split in splits},
            dict.fromkeys(splits, _ENDLESS),
            {"source": "written dialogues", "passes": passes},
        )
        for operation, rows in ROWS.items()
    }
    dialogues = {s: write_dialogues(out / "dialogues" / f"{s}.jsonl", natural_dialogues(s)) for s in splits}
    return made | {"dialogues": dialogues}
