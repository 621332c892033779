"""Datasets from the written dialogues: whole hands a split, several passes over the training hands."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from distill.corpus.broad import broad_dialogues
from distill.corpus.natural_text import FOLDER, hands, read_natural
from distill.datasets.build import ROOM, write_datasets
from distill.datasets.example import PassBuilder
from runtime_py import operations
from runtime_py.dialogues import Dialogue, write_dialogues
from runtime_py.files import Example

SPLITS_FILE = FOLDER / "splits.toml"
HELD_OUT = ("validation", "test")
_ENDLESS = 10**9


@cache
def split_of_hands() -> dict[str, str]:
    """The split of each hand, by its letters."""
    told = tomllib.loads(SPLITS_FILE.read_text("utf-8"))
    return {hand: split for split, letters in told.items() for hand in letters}


def natural_dialogues(split: str) -> list[Dialogue]:
    """The dialogues of a split's hands, in order."""
    return [dialogue for hand, path in hands() if split_of_hands()[hand] == split for dialogue in read_natural(path)]


def written_operations() -> dict[str, PassBuilder]:
    """The operations that written dialogues teach, and how."""
    return operations.parts(ROOM, "WRITTEN")


def written_rows(operation: str, split: str, passes: int, broad: int = 0) -> Iterator[Example]:
    """An operation's rows of a split: `passes` different ones of each dialogue in training, one where held out.

    `broad` everyday dialogues are added to each pass of training, other ones a pass.
    """
    build = written_operations()[operation]
    for number in range(1 if split in HELD_OUT else passes):
        added = broad_dialogues(split, broad, seed=number) if split not in HELD_OUT else ()
        for dialogue in (*natural_dialogues(split), *added):
            yield from build(dialogue, Random(f"{operation}:{dialogue.id}:{number}"), number)


def write_natural(out: Path, passes: int, broad: int = 0) -> dict[str, dict[str, int]]:
    """`out/datasets/OPERATION` and `out/dialogues/SPLIT.jsonl`; rows and dialogues made, by split."""
    splits = ("train", *HELD_OUT)
    made = {
        operation: write_datasets(
            out / "datasets" / operation,
            operation,
            {split: written_rows(operation, split, passes, broad) for split in splits},
            dict.fromkeys(splits, _ENDLESS),
            {"source": "written dialogues", "passes": passes, "broad": broad},
        )
        for operation in written_operations()
    }
    dialogues = {s: write_dialogues(out / "dialogues" / f"{s}.jsonl", natural_dialogues(s)) for s in splits}
    return made | {"dialogues": dialogues}
