"""update rows: near memories and the new facts of an exchange -> one event a fact."""

import string
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from distill.datasets.example import Builder, Exchange, exchanges
from distill.datasets.near import rank, word_weights
from runtime_py import operations
from runtime_py.dialogues import Dialogue, OracleEvent
from runtime_py.files import Example
from runtime_py.operations.update import MemoryEvent, UpdateInput

NEAR = 5
MOST = 8
_KEEP_PLAIN = 0.35  # of the exchanges that only add: they would be two thirds of all


def examples(dialogue: Dialogue, random: Random) -> Iterator[Example]:
    """One row an exchange with facts; most of those that only add are left out."""
    operation = operations.get("update")
    for exchange in exchanges(dialogue):
        events = exchange.events
        if not events or (all(event.event == "ADD" for event in events) and random.random() > _KEEP_PLAIN):
            continue
        memories = near_memories(exchange, random)
        given = {"memories": memories, "facts": list(exchange.facts)}
        kind = "+".join(sorted({event.event for event in events}))
        yield Example(f"update/{exchange.id}", given, operation.render_output(rows(memories, events)), kind)


def near_memories(exchange: Exchange, random: Random) -> list[str]:
    """The union of each fact's nearest old memories, cut to a varying size; what an event names is always there."""
    named = [event.old for event in exchange.events if event.old is not None]
    weights = word_weights(exchange.before)
    limit = max(len(named), random.choice((2, 3, 4, 5, 6, 7, MOST, MOST)))
    chosen = dict.fromkeys(named)
    rankings = [rank(fact, exchange.before, weights, random)[:NEAR] for fact in exchange.facts]
    for place in range(NEAR):
        for ranking in rankings:
            if place < len(ranking) and len(chosen) < limit:
                chosen[ranking[place]] = None
    memories = list(chosen)
    if random.random() < 0.5:
        random.shuffle(memories)
    else:
        memories.sort(key=exchange.before.index)
    return memories


def rows(memories: Sequence[str], events: Sequence[OracleEvent]) -> list[MemoryEvent]:
    """The output: places of old memories as ids, free numbers counting up for what is added."""
    found, free = [], len(memories)
    for event in events:
        if event.old is None:
            found.append(MemoryEvent(str(free), event.text, "ADD"))
            free += 1
        else:
            text = event.text if event.event == "UPDATE" else event.old
            found.append(MemoryEvent(str(memories.index(event.old)), text, event.event))
    return found


def consistent_events(given: UpdateInput, events: list[MemoryEvent]) -> list[MemoryEvent]:
    """Rows that say something: no unknown numbers, no empty texts, no old memory twice, no memory merely re-listed.

    A NONE stays only when a new fact repeats that memory; an UPDATE to the very same text is a NONE. ADD rows are
    numbered onwards from the old memories, DELETE and NONE rows carry the old text.
    """
    kept: list[MemoryEvent] = []
    seen: set[str] = set()
    free = len(given.memories)
    for event in events:
        if event.event == "ADD":
            if event.text:
                kept.append(replace(event, id=str(free)))
                free += 1
            continue
        if not event.id.isdecimal() or int(event.id) >= len(given.memories):
            continue
        old = given.memories[int(event.id)]
        name = str(int(event.id))
        kind = "NONE" if event.event == "UPDATE" and _words(event.text) == _words(old) else event.event
        repeated = any(set(_words(fact)) <= set(_words(old)) for fact in given.facts)
        if name in seen or (kind == "UPDATE" and not event.text) or (kind == "NONE" and not repeated):
            continue
        seen.add(name)
        kept.append(MemoryEvent(name, event.text if kind == "UPDATE" else old, kind))
    return kept


def is_answer(given: UpdateInput, events: Sequence[MemoryEvent]) -> bool:
    """Whether anything is said of the facts: a row each is asked for, and an expert that gives none loses them."""
    return bool(events) or not given.facts


def _words(text: str) -> list[str]:
    return text.casefold().translate(str.maketrans("", "", string.punctuation)).split()


DATASET: Builder = examples
CONSISTENT = consistent_events
IS_ANSWER = is_answer
