"""A text cut into what can be told: words, names, numbers, clocks, dates."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from runtime_py.memory.rules.quantities import NUMBERS, WEEKDAYS, Date, clocks, dates, digits, spoken
from runtime_py.memory.rules.words import table

_FUNCTION = frozenset(table("grounding")["function"].split())
_RELATION = frozenset(table("grounding")["relation"].split())
"""Words that say how two told things belong together (live, called, birthday) and are no thing, quality or amount
themselves: a fact that holds them and else only told words tells nothing of its own. Kin, the opposites of liking
(hate) and verbs that end something (sold, left) are not among them."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?P<ending>[^\W_]*)")
_STARTS_SENTENCE = re.compile(r"[.!?:\n]")


@dataclass(frozen=True)
class Piece:
    """A word, number, clock or date of a text: as written, plain, and what it means."""

    text: str
    plain: str = ""
    is_name: bool = False
    values: frozenset[str] = frozenset()
    clock: int | None = None
    days: tuple[Date, ...] = ()
    weekday: int | None = None
    beside: tuple[Date, ...] = ()


def pieces(text: str, is_said: bool = False) -> Iterator[Piece]:
    """The pieces of a text in order, without function words, and for a fact without relation words."""
    written = _written(text)
    found_days = tuple(day for piece in written.values() for day in piece[1].days)
    words = list(_WORD.finditer(text))
    plains = [plain_word(match[0]) for match in words]
    end = 0
    for place, match in enumerate(words):
        if match.start() < end:
            continue
        if match.start() in written:
            end, piece = written[match.start()]
            yield piece
            continue
        weekday = _weekday_of(plains[place])
        value, read = spoken(plains[place : place + 5])
        if weekday is not None:
            yield Piece(match[0], plains[place] if is_said else "", weekday=weekday, beside=found_days)
        elif read and (is_said or plains[place] not in ("one", "a", "second")):
            end = words[place + read - 1].end()
            plain = plains[place] if is_said else ""
            yield Piece(text[match.start() : end], plain, values=frozenset([str(value)]))
        elif number := _NUMBER.match(text, match.start()):
            end = number.end()
            is_plain = number["ending"].lower() in ("", "st", "nd", "rd", "th", "k")
            plain = number[0].lower() if is_said or not is_plain else ""
            yield Piece(number[0], plain, values=digits(number[0]) if is_plain else frozenset())
        elif is_said or plains[place] not in _FUNCTION | _RELATION | NUMBERS.keys():
            before = text[words[place - 1].end() : match.start()] if place else "\n"
            is_name = match[0][0].isupper() and not _STARTS_SENTENCE.search(before)
            yield Piece(match[0], plains[place], is_name)


def _written(text: str) -> dict[int, tuple[int, Piece]]:
    """The dates and clocks of a text: start -> (end, piece)."""
    found: dict[int, tuple[int, Piece]] = {}
    for day in dates(text):
        days = (*found[day.start][1].days, day) if day.start in found else (day,)
        found[day.start] = (day.end, Piece(text[day.start : day.end], days=days))
    for start, end, minutes in clocks(text):
        values = digits(text[start:end]) if "." in text[start:end] else frozenset()
        found.setdefault(start, (end, Piece(text[start:end], clock=minutes, values=values)))
    return found


def _weekday_of(plain: str) -> int | None:
    if plain in ("sun", "suns", "sat", "sats", "weds"):
        return None if plain != "weds" else WEEKDAYS["weds"]
    return WEEKDAYS.get(plain, WEEKDAYS.get(plain.removesuffix("s")))


def plain_word(word: str) -> str:
    """Small letters without accents and possessive `'s`."""
    letters = unicodedata.normalize("NFD", word.lower().replace("\u2019", "'"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.removesuffix("'s") if len(plain) > 2 else plain
