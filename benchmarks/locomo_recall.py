"""Recall of LoCoMo's evidence turns by vector, words and both: `python benchmarks/locomo_recall.py BUNDLE DATA`.

BUNDLE gives the embedder, DATA is LoCoMo's file. No language model runs. Prints JSON: every conversation with its
split, the sums of each split, and of all; every share with its 95 % Wilson interval.
"""

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation.locomo.recall import add_up, split_of, turns_recall
from evaluation.synthetic.operations import Summary
from runtime_py.bundle import Bundle
from runtime_py.dialogues import read_locomo


def main() -> None:
    bundle, data = Path(sys.argv[1]), Path(sys.argv[2])
    embedder = Bundle.open(bundle).embedder()
    dialogues = {dialogue.id: dialogue for dialogue in read_locomo(data)}
    found: dict[str, dict[str, Summary]] = {}
    with TemporaryDirectory() as folder:
        for name, dialogue in dialogues.items():
            found[name] = turns_recall(dialogue, embedder, Path(folder, f"{name}.db"))
            print(f"{name} ({split_of(name)})", file=sys.stderr)
    splits = {
        split: add_up({name: found[name] for name in dialogues if split_of(name) == split})
        for split in ("train", "validation", "test")
    }
    print(
        json.dumps(
            {
                "date": date.today().isoformat(),
                "embedder": embedder.id,
                "splits": {name: split_of(name) for name in dialogues},
                "conversations": {name: _plain(ways) for name, ways in found.items()},
                **{split: _plain(ways) for split, ways in splits.items() if ways},
                "all": _plain(add_up(found)),
            },
            indent=1,
        )
    )


def _plain(ways: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, str]]:
    return {way: {name: str(figure) for name, figure in figures.items()} for way, figures in ways.items()}


if __name__ == "__main__":
    main()
