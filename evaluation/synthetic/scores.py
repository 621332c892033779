"""Scores of one output of an operation against its gold row, and figures of many."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.synthetic.scorers import Summary
from runtime_py.operations.update import MemoryEvent


def normalise(text: str) -> str:
    """Lower case, single spaces, no full stop or other sentence end at the end."""
    return re.sub(r"[\s.!?;]+$", "", " ".join(text.casefold().split()))


@dataclass(frozen=True)
class Hits:
    """How many of what was found were wanted; counts for a pooled F1 = 2*hits / (predicted + gold)."""

    hits: int
    predicted: int
    gold: int

    @classmethod
    def of(cls, predicted: Iterable[Hashable], gold: Iterable[Hashable]) -> "Hits":
        """Of two multisets: saying one twice is one miss."""
        given, wanted = Counter(predicted), Counter(gold)
        return cls((given & wanted).total(), given.total(), wanted.total())


def summarise_hits(noun: str, results: Sequence[Mapping[str, Any]]) -> Summary:
    """F1, found, right and exact of many `Hits` as JSON, in the words of a `noun` for one of what is found."""
    hits = [r["hits"] for r in results]
    return {
        f"{noun} F1": Ratio(tuple(2.0 * n for n in hits), tuple(float(r["predicted"] + r["gold"]) for r in results)),
        f"{noun}s found": Share(sum(hits), sum(r["gold"] for r in results)),
        f"{noun}s right": Share(sum(hits), sum(r["predicted"] for r in results)),
        f"all {noun}s exact": Share.of([r["hits"] == r["predicted"] == r["gold"] for r in results]),
    }


def match_facts(predicted: Sequence[str], gold: Sequence[str]) -> Hits:
    """Multisets of normalised text."""
    return Hits.of(map(normalise, predicted), map(normalise, gold))


@dataclass(frozen=True)
class EventHits:
    """Verdicts over the rows of one update.

    `events`: gold rows whose event and id are right, of `gold`; `texts`: gold ADD and UPDATE rows whose text is right
    too, of `texts_gold`; `extra`: predicted rows other than NONE that no gold row asks for, of `predicted`.
    """

    events: int
    gold: int
    texts: int
    texts_gold: int
    extra: int
    predicted: int

    @property
    def exact(self) -> bool:
        """All rows and texts right and nothing besides."""
        return self.events == self.gold and self.texts == self.texts_gold and not self.extra


def match_events(predicted: Sequence[MemoryEvent], gold: Sequence[MemoryEvent]) -> EventHits:
    """Each predicted row serves one gold row at most. The id of an ADD says nothing, since the store gives its own."""
    left = list(predicted)
    events = texts = texts_gold = 0
    # Rows with equal text first: otherwise one ADD could take another's partner.
    pairs: list[tuple[MemoryEvent, MemoryEvent | None]] = []
    waiting = []
    for want in gold:
        same = next((row for row in left if _same_row(row, want) and normalise(row.text) == normalise(want.text)), None)
        if same is None:
            waiting.append(want)
        else:
            left.remove(same)
            pairs.append((want, same))
    for want in waiting:
        near = next((row for row in left if _same_row(row, want)), None)
        if near is not None:
            left.remove(near)
        pairs.append((want, near))
    for want, got in pairs:
        events += got is not None
        if want.event in ("ADD", "UPDATE"):
            texts_gold += 1
            texts += got is not None and normalise(got.text) == normalise(want.text)
    extra = sum(row.event != "NONE" for row in left)
    return EventHits(events, len(gold), texts, texts_gold, extra, len(predicted))


def _same_row(row: MemoryEvent, want: MemoryEvent) -> bool:
    return row.event == want.event and (want.event == "ADD" or row.id == want.id)


def answers_match(predicted: str, gold: str, kind: str = "value") -> bool:
    """Exact match of normalised text; a `list` is a multiset of its parts between commas and `and`."""
    if kind == "list":
        return _parts(predicted) == _parts(gold)
    return normalise(predicted) == normalise(gold)


def _parts(text: str) -> Counter[str]:
    return Counter(normalise(part) for part in re.split(r",|\band\b", text) if part.strip())
