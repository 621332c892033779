"""select rows: the sentences of an exchange that hold the oracle's facts.

A fact belongs to the sentence of its turn that shares most of its words, and to further ones as long as each holds a
number, a name or two words that the sentences before it do not. What is told only by its date (`[8 March 2024]`) counts
as the date's words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from random import Random

from distill.datasets.example import Builder, PassBuilder
from runtime_py import operations
from runtime_py.dialogues import Dialogue, Turn
from runtime_py.files import Example
from runtime_py.operations.extract import Message
from runtime_py.operations.select import TURNS_BEFORE, SelectInput, numbered

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = (
    "a an the and or but of to in on at for from with by as is are was were be been am it its this that these those he "
    "she they we i you his her their our my your me him them us who which what when where not no do does did has have "
    "had will would can could there then than so if user s t m ve re ll d longer"
)
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_MARKED = re.compile(r"[0-9]|^[A-Z]")
_SINGLE = 0.3
_SHIFTED = 0.3
_KEEP_EMPTY = 0.8


def examples(dialogue: Dialogue, random: Random) -> Iterator[Example]:
    """Exchanges of one or two turns with the turns before them; the cuts differ from pass to pass.

    Some exchanges without a fact are left out, and one in five stands without the turns before it.
    """
    operation = operations.get("select")
    for number, session in enumerate(dialogue.sessions, start=1):
        for start, end in _cuts(len(session.turns), random):
            turns = session.turns[start:end]
            if not any(turn.facts for turn in turns) and random.random() > _KEEP_EMPTY:
                continue
            before = session.turns[max(0, start - TURNS_BEFORE) : start] if random.random() < 0.8 else ()
            given = SelectInput(_messages(dialogue, turns), session.date, _messages(dialogue, before))
            kept = kept_sentences(given, [turn.facts or () for turn in turns])
            kind = str(len(kept)) if len(kept) < 3 else "3 or more"
            name = f"select/{dialogue.id}/{number}.{start}-{end}"
            yield Example(name, _row(given, session.date), operation.render_output(kept), kind)


def written_examples(dialogue: Dialogue, random: Random, number: int) -> Iterator[Example]:
    """As `examples`, with the pass in the rows' names."""
    for row in examples(dialogue, random):
        yield replace(row, id=f"{row.id}/{number}")


def kept_sentences(given: SelectInput, facts: Sequence[Sequence[str]]) -> list[int]:
    """Numbers of the sentences that hold a fact; `facts` are those of each message."""
    sentences = numbered(given)
    kept: set[int] = set()
    for place, told in enumerate(facts):
        own = {number: s.text for number, s in enumerate(sentences, start=1) if s.message == place}
        for fact in told:
            kept |= _holders(fact, own)
    return sorted(kept)


def told_sentences(given: SelectInput, numbers: list[int]) -> list[int]:
    """Without numbers that no sentence has."""
    count = len(numbered(given))
    return [number for number in numbers if number <= count]


def _holders(fact: str, own: dict[int, str]) -> set[int]:
    wanted = _stems(fact)
    held = {number: wanted & _stems(text) for number, text in own.items()}
    chosen: set[int] = set()
    seen: set[str] = set()
    while held:
        best = max(held, key=lambda number: (_weight(held[number] - seen, fact), -number))
        new = held.pop(best) - seen
        if not new or (chosen and _weight(new, fact) < 2):
            break
        chosen.add(best)
        seen |= new
    return chosen or set(own if len(own) == 1 else ())


def _weight(stems: set[str], fact: str) -> int:
    marked = {_stem(word) for word in _WORD.findall(fact) if _MARKED.search(word)}
    return sum(2 if stem in marked else 1 for stem in stems)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text) if word.lower() not in _FUNCTION}


def _stem(word: str) -> str:
    """Endings off, so that `lives` meets `living` and `live`."""
    small = word.lower()
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e", "y"):
        if small.endswith(ending) and len(small) - len(ending) >= 3:
            return small[: -len(ending)]
    return small


def _cuts(count: int, random: Random) -> Iterator[tuple[int, int]]:
    """Ranges over a session's turns: two by two as when a dialogue is read, some moved by one, some of one turn."""
    start = 0
    if random.random() < _SHIFTED and count > 1:
        yield 0, 1
        start = 1
    while start < count:
        end = start + 1 if random.random() < _SINGLE else min(start + 2, count)
        yield start, end
        start = end


def _messages(dialogue: Dialogue, turns: Sequence[Turn]) -> tuple[Message, ...]:
    user = dialogue.speakers[0]
    return tuple(Message("user" if t.speaker == user else "assistant", _name(t.speaker), t.text) for t in turns)


def _name(speaker: str) -> str:
    return "" if speaker in ("Me", "Assistant") else speaker


def _row(given: SelectInput, day: date | None) -> dict[str, object]:
    rows = {
        key: [{"role": m.role, "speaker": m.speaker, "text": m.text} for m in messages]
        for key, messages in (("before", given.before), ("messages", given.messages))
    }
    return {"date": day.isoformat() if day else None, **rows}


DATASET: Builder = examples
WRITTEN: PassBuilder = written_examples
CONSISTENT = told_sentences
