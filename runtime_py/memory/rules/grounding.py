"""Whether a fact is told: the content words, names, numbers and dates of a text that nothing said holds."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from runtime_py.memory.rules.english import Clock, Date, Piece, meanings, pieces, plain_word, said_pieces

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def ungrounded(text: str, said: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """The content words, names, numbers and dates of `text` that none of `said` tells, in order, each once, as written.

    `said` holds what was said with its days noted (`last Friday [1 May 2026]`); `known` are names that need not be
    told. A date must stand whole as one date of `said`; a name inside the sentence must be the same letters apart from
    case and accents; other words need the same stem.
    """
    told = _told(said)
    free = {plain_word(word) for name in known for word in _WORD.findall(name)}
    found = [piece.text for piece in pieces(text) if piece.plain not in free and not told.holds(piece)]
    return list(dict.fromkeys(found))


def grounded_sentence(fact: str, sentences: Sequence[str]) -> str:
    """The sentence that shares most of the fact's content words, the first of equals; empty where none shares any."""
    wanted = list(pieces(fact))
    shared = [sum(_told([sentence]).holds(piece) for piece in wanted) for sentence in sentences]
    return sentences[shared.index(max(shared))] if any(shared) else ""


@dataclass
class _Told:
    """What the texts said hold."""

    plain: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    clocks: set[int] = field(default_factory=set)
    days: list[Date] = field(default_factory=list)
    weekdays: set[int] = field(default_factory=set)

    def holds(self, piece: Piece) -> bool:
        """Whether the piece of a fact was told."""
        if piece.days:
            return all(any(day.within(other) for other in self.days) for day in piece.days)
        if piece.weekday is not None:
            return piece.weekday in self.weekdays or any(_weekday(day) == piece.weekday for day in piece.beside)
        if piece.clock is not None:
            return self._holds_clock(piece.clock)
        if piece.values:
            days = {str(day.day) for day in self.days} if piece.is_ordinal else {str(day.year) for day in self.days}
            return not piece.values.isdisjoint(self.values | days) or (piece.is_hour and self._holds_hour(piece.values))
        if piece.is_name:
            return piece.plain in self.plain or f"{piece.plain}s" in self.plain
        return piece.plain in self.plain or not meanings(piece.plain).isdisjoint(self.stems)

    def _holds_hour(self, values: frozenset[str]) -> bool:
        return any(len(value) < 3 and 60 * int(value) % 720 in self.clocks for value in values)

    def _holds_clock(self, clock: Clock) -> bool:
        """As a clock, as `0810`, or as the numbers that it may be instead."""
        hours, minutes = divmod(clock.minutes, 60)
        wholes = {str(100 * hour + minutes) for hour in (hours, hours + 12)}
        is_other = bool(clock.numbers) and clock.numbers <= self.values
        return clock.minutes in self.clocks or is_other or not wholes.isdisjoint(self.values)


def _told(said: Sequence[str]) -> _Told:
    told = _Told()
    for text in said:
        for piece in said_pieces(text):
            told.plain.add(piece.plain)
            told.values |= piece.values
            told.days += piece.days
            if piece.clock is not None:
                told.clocks.add(piece.clock.minutes)
                told.values |= piece.clock.numbers
            if piece.weekday is not None:
                told.weekdays.add(piece.weekday)
            if piece.plain:
                told.stems |= meanings(piece.plain)
            if piece.is_hour:
                told.clocks |= {60 * int(value) % 720 for value in piece.values if len(value) < 3}
    return told


def _weekday(day: Date) -> int | None:
    try:
        return date(day.year, day.month, day.day).weekday()
    except ValueError:
        return None
