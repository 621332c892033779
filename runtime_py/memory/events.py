"""Applying update's events to the store, by rules that no output of a model can turn into a loss.

1. An id that names no near memory, and a blank text, are skipped.
2. An ADD or UPDATE whose text is stored already, and an UPDATE to the same text, are NONE.
3. An UPDATE of a memory that another process deleted meanwhile is an ADD; one of a memory that was superseded meanwhile
   is of what holds instead.
4. When a memory was deleted, or an event was skipped, changed nothing or was cut, every new fact that no event carries
   is added. A fact that only takes something back ("no longer") is spent by the DELETE.
5. A memory is changed or ended only by a statement of the same relation of the same subject (`rules.relations`), by
   whom it may be (`rules.trust`), and at most `MOST_CHANGES` by one exchange.
6. What was said earlier than the memory that it would change becomes a past memory.
7. A memory that an UPDATE changes becomes a past one, and what holds now a memory of its own; one whose words all stand
   in the new text too holds on, so that its text is rewritten where it is.
8. A memory of several sentences, of which a fact ends or replaces some, becomes a past one; the others are a memory of
   their own, of the same turns and the same day (`rules.remaining`). No other event ends what is not replaced.
9. A memory that the user says with more words, or again, is his word from then on (`rules.raised_source`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from runtime_py.memory.rules import (
    Said,
    compare,
    content_words,
    fact_source,
    is_grown,
    may_change,
    raised_source,
    remaining,
    source_after,
)
from runtime_py.operations.update import MemoryEvent
from runtime_py.store import NO_LABELS, Labels, Source, Store, StoredMemory, Vectors, small

_RETRACTION = re.compile(
    r"\b(no longer|any ?more|stopped|quit|gave up|given up|finished|left|will not)\b", re.IGNORECASE | re.ASCII
)
_WORD = re.compile(r"\w+")
MOST_CHANGES = 5


@dataclass(frozen=True)
class Applied:
    """What happened to one memory, in Mem0's shape; `id` is None for a fact that changed nothing.

    The `id` of an UPDATE is that of the memory that says `memory` now.
    """

    id: int | None
    memory: str
    event: str
    previous_memory: str | None = None


def apply_events(
    store: Store,
    user_id: str,
    events: Sequence[MemoryEvent],
    near: Sequence[StoredMemory],
    facts: Sequence[str],
    day: date | None,
    vectors: Mapping[str, Vectors],
    turns: Sequence[int],
    is_cut: bool = False,
    said: Said = (("user", frozenset()),),
    changes: int = 0,
    labels: Labels = NO_LABELS,
) -> list[Applied]:
    """Runs inside the caller's transaction. `vectors` holds `[D]` for the text of every event and fact.

    `said` is whose word each part of the exchange is, with its content words, `changes` what earlier events of it
    changed already, `labels` what is kept beside each new memory.
    """
    applier = _Applier(store, user_id, near, day, vectors, turns)
    applier.said, applier.facts, applier.changes = said, facts, changes
    applier.doubt, applier.labels = is_cut, labels
    for event in events:
        applier.apply(event)
    if applier.doubt:
        for fact in facts:
            if not applier.carries(fact):
                applier.add(fact)
    return applier.applied


def say_again(store: Store, user_id: str, text: str, facts: Sequence[str], said: Said) -> None:
    """The live memory `text`, where there is one, is the user's word where he says it in one of `facts`."""
    live = store.find_memory(user_id, text)
    after = source_after(live.text, live.source, facts, said) if live else None
    if live and after and after != live.source:
        store.attribute(user_id, live.id, after)


class _Applier:
    def __init__(
        self,
        store: Store,
        user_id: str,
        near: Sequence[StoredMemory],
        day: date | None,
        vectors: Mapping[str, Vectors],
        turns: Sequence[int],
    ) -> None:
        self.store, self.user_id, self.near = store, user_id, list(near)
        self.day, self.vectors, self.turns = day, vectors, turns
        self.applied: list[Applied] = []
        self.doubt = False
        self.said: Said = ()
        self.facts: Sequence[str] = ()
        self.changes = 0
        self.labels = NO_LABELS
        self.outdated: dict[str, StoredMemory] = {}  # facts that were said before the memory that they would end

    def apply(self, event: MemoryEvent) -> None:
        text = event.text.strip()
        target = self._target(event)
        if event.event == "ADD" and text:
            self.add(text)
        elif event.event == "UPDATE" and target is not None and (fact := self.cutting(target, text)) is not None:
            self.cut(target, text, fact)
        elif event.event == "UPDATE" and target is not None and text:
            self.update(target, text)
        elif event.event == "DELETE" and target is not None:
            self.delete(target)
        elif event.event == "NONE":
            self.none(text, target)
        else:
            self.doubt = True

    def add(self, text: str) -> None:
        if self.store.find_memory(self.user_id, text) is not None:
            self.none(text)
            return
        if text in self.outdated:
            self.add_past(self.outdated[text], text)
            return
        self.applied.append(Applied(self.put(text), text, "ADD"))

    def update(self, target: StoredMemory, text: str) -> None:
        live = self.successor(target)
        same = self.store.find_memory(self.user_id, text)
        if live is None:
            self.add(text)
        elif same is None and not self.may_become(live, text):
            self.doubt = True
            if self.is_said(text):
                self.add(text)
        elif same is None and self.is_older(live):
            self.add_past(live, text)
        elif same is None:
            self.change(live, text)
        elif same.id == live.id:
            self.doubt = True
            self.none(text)
        elif self.may_become(live, text):  # another memory says it already: the outdated one goes
            self.end(live, same.id)
            self.say_again(text)
        else:
            self.doubt = True
            self.none(text)

    def cutting(self, target: StoredMemory, text: str) -> str | None:
        """The fact that leaves of `target` just the sentences `text`."""
        return next((fact for fact in self.facts if text and remaining(target.text, fact) == text), None)

    def cut(self, target: StoredMemory, text: str, fact: str) -> None:
        """Of the sentences of `target` only `text` holds on, as `fact` says; those words, their day and turns stay.

        What follows about `target` is about what holds on. The fact itself is for another event to add.
        """
        self.doubt = True
        live = self.store.memory(self.user_id, target.id)
        if live is None or live.text != target.text or not self.is_allowed(live, fact):
            return
        if self.is_older(live):
            self.outdated[fact] = live
            return
        self.changes += 1
        told = self.store.find_memory(self.user_id, text)
        now = told.id if told else self.put_rest(text, live)
        self.store.supersede(self.user_id, live.id, now, self.day, self.turns)
        self.applied.append(Applied(now, text, "UPDATE", live.text))
        self.near[self.near.index(target)] = self.store.memories_by_id(self.user_id, [now])[0]

    def change(self, live: StoredMemory, text: str) -> None:
        """`text` is what `live` says from this day on, or says with more words."""
        self.changes += 1
        now = live.id
        if is_grown(live.text, text) and compare(live.text, text) != "retracts":
            raised = raised_source(live.source, self.source(text))
            self.store.update_memory(self.user_id, live.id, text, self.day, self.vectors[text], self.turns, raised)
        else:
            now = self.put(text)
            self.store.supersede(self.user_id, live.id, now, self.day, self.turns)
        self.applied.append(Applied(now, text, "UPDATE", live.text))

    def delete(self, target: StoredMemory) -> None:
        self.doubt = True
        live = self.store.memory(self.user_id, target.id)
        if live is None or live.text != target.text:  # gone, or another process changed what it says
            return
        facts = [fact for fact in self.facts if self.may_become(live, fact)]
        if facts and self.is_older(live):
            self.outdated |= dict.fromkeys(facts, live)
        elif facts:
            self.end(live, None)

    def end(self, live: StoredMemory, by: int | None) -> None:
        """`live` becomes a past memory, unless what was said is older than it."""
        if self.is_older(live):
            self.doubt = True
            return
        self.changes += 1
        self.store.supersede(self.user_id, live.id, by, self.day, self.turns)
        self.applied.append(Applied(live.id, live.text, "DELETE", live.text))

    def successor(self, target: StoredMemory) -> StoredMemory | None:
        """The live memory that `target` is or was superseded by, over any number of steps; None where nothing is."""
        found = self.store.memory(self.user_id, target.id, include_past=True)
        while found is not None and found.state == "past" and found.superseded_by is not None:
            found = self.store.memory(self.user_id, found.superseded_by, include_past=True)
        return found if found is not None and found.state == "live" else None

    def source(self, text: str) -> Source:
        return fact_source(text, self.said)

    def is_said(self, text: str) -> bool:
        """Whether a fact of the exchange holds every content word of `text`."""
        return any(content_words(text) <= content_words(fact) for fact in self.facts)

    def may_become(self, live: StoredMemory, text: str) -> bool:
        """Whether `text` tells the relation of `live` anew, or with more words, and comes from one who may say so."""
        related = is_grown(live.text, text) or compare(live.text, text) != "other" or remaining(live.text, text) == ""
        return related and self.is_allowed(live, text)

    def is_allowed(self, live: StoredMemory, text: str) -> bool:
        return self.changes < MOST_CHANGES and may_change(self.source(text), live.source)

    def is_older(self, live: StoredMemory) -> bool:
        return bool(self.day and live.valid_from and self.day < live.valid_from)

    def add_past(self, live: StoredMemory, text: str) -> None:
        """`text` held until `live` did."""
        past = self.put(text)
        self.store.supersede(self.user_id, past, live.id, live.valid_from, self.turns)
        self.applied.append(Applied(past, text, "NONE"))

    def put(self, text: str) -> int:
        """A new memory of the exchange; its id."""
        vector, source = self.vectors[text], self.source(text)
        return self.store.add_memory(self.user_id, text, self.day, vector, self.turns, source, labels=self.labels)

    def put_rest(self, text: str, live: StoredMemory) -> int:
        """A new memory of a part of what `live` says, with its day, turns, source and labels; its id.

        The exchange that cut it is not behind it, so that forgetting what that one said leaves no word of it.
        """
        turns = [turn.id for turn in self.store.provenance(self.user_id, live.id)]
        vector, begins = self.vectors[text], self.day or live.valid_from
        ends = live.valid_to if live.valid_to and begins and live.valid_to >= begins else None
        return self.store.add_memory(
            self.user_id, text, live.day, vector, turns, live.source, begins, ends, live.labels
        )

    def none(self, text: str, target: StoredMemory | None = None) -> None:
        self.say_again(target.text if target else text)
        self.applied.append(Applied(None, text, "NONE"))

    def say_again(self, text: str) -> None:
        say_again(self.store, self.user_id, text, self.facts, self.said)

    def carries(self, fact: str) -> bool:
        """Whether what was applied holds every word of `fact`, or a DELETE spent it."""
        words = set(_WORD.findall(small(fact)))
        if _RETRACTION.search(fact) and any(a.event == "DELETE" for a in self.applied):
            return True
        kept = (a.memory for a in self.applied if a.event != "DELETE")
        return any(words <= set(_WORD.findall(small(text))) for text in kept)

    def _target(self, event: MemoryEvent) -> StoredMemory | None:
        place = int(event.id) if event.id.isascii() and event.id.isdigit() else -1
        return self.near[place] if 0 <= place < len(self.near) else None
