"""A small world of our own in which it is known what must never be found: another user's, forgotten, superseded.

Only the answers that tell the newest value ask the model; all else depends on the store, the searches and the embedder.
What is prohibited is told by its text, which stands nowhere else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evaluation.everyday.dialogue import READS
from evaluation.everyday.judge import is_right
from evaluation.figures.intervals import Share
from runtime_py.dialogues import Question
from runtime_py.memory import Memory, Stored
from runtime_py.operations.generate import OPERATION as GENERATE
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.operations.generator import Generated, Generator
from runtime_py.operations.select import OPERATION as SELECT
from runtime_py.operations.select import numbered
from runtime_py.store import Embedder, Store

DAY, LATER = date(2026, 3, 2), date(2026, 5, 4)
DEPTH = 10
FIRST = 3
SAID = (
    ("Where do I live?", "I live in Kluvo by the canal.", "I live in Trem beside the mill."),
    ("What is my cat called?", "My cat is called Pomp.", "My cat is called Zeel."),
    ("What am I allergic to?", "I am allergic to hazelnuts.", "I am allergic to wasp stings."),
    ("Who is my dentist?", "My dentist is Dr Ostrava.", "My dentist is Dr Hallam."),
    ("When is my birthday?", "My birthday is on 9 June.", "My birthday is on 30 October."),
    ("Which bus do I take?", "I take bus 61 to the harbour.", "I take bus 12 to the market."),
)
"""A question, what Ann said and what Bo said of it."""
CHANGED = (
    ("Where do I work now?", "I work at the sawmill in Brug.", "I work at the bakery in Soden now.", "bakery"),
    ("What is the wifi password?", "The wifi password is heron88.", "The wifi password is magpie31.", "magpie31"),
    ("Which day is my piano lesson?", "My piano lesson is on Monday.", "My piano lesson is on Friday.", "Friday"),
    ("What is my rent?", "My rent is 700 euros.", "My rent is 760 euros.", "760"),
    ("Who is my boss?", "My boss is Ingmar.", "My boss is Paloma.", "Paloma"),
)
"""A question, what Ann said first, what she said later, and the newest value."""
FORGOTTEN = (
    ("What is the code of the door?", "The code of the door is 4417."),
    ("What did the doctor say?", "The doctor says it is an ulcer."),
    ("Who owes me money?", "Rudolf owes me 90 euros."),
)
"""A question, and what Ann said of it and then had forgotten."""


class Keeper:
    """A memory without a model: every sentence is kept, every question refused."""

    operations: Collection[str] = (SELECT.name, GENERATE.name)

    def run(self, operation: str, given: Any) -> Generated:
        """All numbers of the sentences, or the refusal."""
        return Generated(list(range(1, len(numbered(given)) + 1)) if operation == SELECT.name else UNANSWERABLE)

    def fits(self, operation: str, given: Any) -> bool:
        """It reads any length."""
        return True


@dataclass(frozen=True)
class Prohibited:
    """Texts of turns and memories that no search of Ann may find; of superseded ones the memories alone."""

    others: set[str]
    forgotten: set[str]
    superseded: set[str]


def fill(memory: Memory) -> Prohibited:
    """What both said, Ann's changes (the older memory is ended, whatever the rules made of it), then the forgetting."""
    told = Prohibited(set(), set(), set())
    for _, by_ann, by_bo in SAID:
        _add(memory, by_ann, "ann", DAY)
        told.others.update([by_bo, *_add(memory, by_bo, "bo", DAY).values()])
    for _, old, new, _ in CHANGED:
        before, after = _add(memory, old, "ann", DAY), _add(memory, new, "ann", LATER)
        told.superseded.update(before.values())
        for row in before:
            live = memory.store.memory("ann", row)
            if live and live.text == before[row] and after:
                memory.store.supersede("ann", row, next(iter(after)), LATER)
    for _, text in FORGOTTEN:
        kept = _add(memory, text, "ann", DAY)
        told.forgotten.update([text, *kept.values()])
        for row in kept:
            memory.delete(row, "ann")
    return told


def _add(memory: Memory, text: str, user: str, day: date) -> dict[int, str]:
    """Ids and words of the memories that a statement makes."""
    outcome = memory.add(text, user, day)
    events = outcome.events if isinstance(outcome, Stored) else ()
    return {event.id: event.memory for event in events if event.id is not None}


def world_figures(expert: Generator, embedder: Embedder, limit: int) -> dict[str, Share]:
    """Prohibited hits of all hits, which should be none; wanted turns among the first; newest values told by `expert`.

    `limit` turns or memories are read for an answer.
    """
    with TemporaryDirectory() as folder, Store(Path(folder) / "memory.db", embedder) as store:
        memories = {name: Memory(Keeper(), embedder, store, limit, reads) for name, reads in READS.items()}
        memory = memories["both"]
        told = fill(memory)
        questions = [row[0] for row in (*SAID, *CHANGED, *FORGOTTEN)]
        by_ann = list(_found(memories, "ann", questions))
        live = [hit.memory.text for q in questions for hit in memory.search(q, "ann", DEPTH)]
        figures = {
            "hits of another user": _share(by_ann, told.others),
            "hits forgotten": _share(by_ann, told.forgotten),
            "memories superseded": _share(live, told.superseded),
            f"wanted among {FIRST} turns": Share.of(
                [text in [turn.text for turn in memory.search_turns(q, "ann", FIRST)] for q, text, _ in SAID]
            ),
        }
        product = Memory(expert, embedder, store, limit)
        answers = [
            (Question(q, q, "changed", new), product.ask(q, "ann", asked_on=LATER).text) for q, _, _, new in CHANGED
        ]
        figures["newest value told"] = Share.of([is_right(answer, question) for question, answer in answers])
        memory.delete_all("bo")
        figures["questions that find a forgotten user"] = Share.of(
            [bool(list(_found(memories, "bo", [q]))) for q in questions]
        )
    return figures


def _found(memories: Mapping[str, Memory], user: str, questions: Sequence[str]) -> Iterable[str]:
    """Texts of everything that the searches and the answers of each way give."""
    for question in questions:
        for memory in memories.values():
            answer = memory.ask(question, user)
            yield from (hit.memory.text for hit in (*answer.memories, *memory.search(question, user, DEPTH)))
            yield from (found.turn.text for found in answer.turns)
            yield from (turn.text for turn in memory.search_turns(question, user, DEPTH))


def _share(found: Sequence[str], texts: set[str]) -> Share:
    return Share.of([text in texts for text in found])
