"""LoCoMo: recall of evidence among raw turns, without a language model; the turns go straight into a store."""

from collections.abc import Mapping
from pathlib import Path

from evaluation.figures.evidence_recall import recall, turn_searches
from evaluation.figures.intervals import Ratio, Share
from evaluation.synthetic.operations import Summary
from runtime_py.dialogues import Dialogue
from runtime_py.retrieval import Retrieval
from runtime_py.store import Embedder, Store, searchable

SPLITS = {"conv-26": "validation", "conv-30": "test", "conv-41": "test"}
"""The paper's split by conversation; every other one is `train`."""


def split_of(dialogue: str) -> str:
    """train, validation or test."""
    return SPLITS.get(dialogue, "train")


def turns_recall(dialogue: Dialogue, embedder: Embedder, path: Path) -> dict[str, Summary]:
    """By way of searching and depth: evidence turns found in a new store at `path` that holds the dialogue's turns."""
    places: dict[int, str] = {}
    with Store(path, embedder) as store:
        for number, session in enumerate(dialogue.sessions, start=1):
            name = str(number)
            said = [("user", turn.speaker, turn.text) for turn in session.turns]
            vectors = embedder.embed([searchable(speaker, text) for _, speaker, text in said])
            ids = store.put_exchange(dialogue.id, name, name, session.moment, said, "empty", None, vectors)
            places |= dict(zip(ids, (turn.id for turn in session.turns), strict=True))
        ways = turn_searches(Retrieval(store), embedder, dialogue.id, places)
        return recall(ways, dialogue.questions)


def add_up(dialogues: Mapping[str, Mapping[str, Mapping[str, Share | Ratio]]]) -> dict[str, dict[str, Share]]:
    """The shares of all dialogues together, by way of searching."""
    total: dict[str, dict[str, Share]] = {}
    for ways in dialogues.values():
        for way, figures in ways.items():
            column = total.setdefault(way, {})
            for name, figure in figures.items():
                if isinstance(figure, Share):
                    column[name] = column.get(name, Share(0, 0)) + figure
    return total
