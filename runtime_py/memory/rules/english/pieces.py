"""A text cut into what can be told: words, names, numbers, clocks, dates."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runtime_py.memory.rules.english.numerals import NUMBERS, digits, runs, spoken
from runtime_py.memory.rules.english.times import WEEKDAYS, Clock, Date, clocks, dates
from runtime_py.memory.rules.english.words import table

_FUNCTION = frozenset(table("grounding")["function"].split())
_RELATION = frozenset(table("grounding")["relation"].split())
"""Words that say how two told things belong together (live, called, birthday) and are no thing, quality or amount
themselves: a fact that holds them and else only told words tells nothing of its own. Kin, the opposites of liking
(hate) and verbs that end something (sold, left) are not among them."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?P<ending>[^\W_]*)")
_SIGNS = {"\u20ac": " euro ", "$": " dollar ", "\u00a3": " pound "}
_STARTS_SENTENCE = re.compile(r"[.!?:\n]")


@dataclass(frozen=True)
class Piece:
    """A word, number, clock or date of a text: as written, plain, and what it means."""

    text: str
    plain: str = ""
    is_name: bool = False
    values: frozenset[str] = frozenset()
    clock: Clock | None = None
    days: tuple[Date, ...] = ()
    weekday: int | None = None
    beside: tuple[Date, ...] = ()


def pieces(text: str, is_said: bool = False) -> Iterator[Piece]:
    """The pieces of a text in order, of a fact without function and relation words; what is said is read generously."""
    for sign, word in _SIGNS.items() if is_said else ():
        text = text.replace(sign, word)
    written = _written(text)
    found_days = tuple(day for piece in written.values() for day in piece[1].days)
    words = list(_WORD.finditer(text))
    plains = [plain_word(match[0]) for match in words]
    if is_said:
        yield Piece("", values=runs(text, plains))
    end = 0
    for place, match in enumerate(words):
        plain = plains[place]
        if match.start() < end and not is_said:
            continue
        if match.start() in written:
            end, piece = written[match.start()]
            yield piece
            if not is_said:
                continue
        weekday = _weekday_of(plain, is_said)
        values, read = spoken(_joined(text, words, plains, place), is_said)
        if is_said:
            yield _said_piece(text, match, plain, weekday, values)
        elif weekday is not None:
            yield Piece(match[0], weekday=weekday, beside=found_days)
        elif read > 1 or (read and plain not in ("one", "second")):
            end = words[place + read - 1].end()
            yield Piece(text[match.start() : end], values=values)
        elif number := _NUMBER.match(text, match.start()):
            end = number.end()
            yield _number_piece(text, number)
        elif plain not in _FUNCTION | _RELATION | NUMBERS.keys():
            before = text[words[place - 1].end() : match.start()] if place else "\n"
            yield Piece(match[0], plain, match[0][0].isupper() and not _STARTS_SENTENCE.search(before))


def _joined(text: str, words: Sequence[re.Match[str]], plains: Sequence[str], place: int) -> Sequence[str]:
    """The words from a place on, at most nine, with a space or a hyphen between."""
    end = place + 1
    while end < min(len(words), place + 9) and text[words[end - 1].end() : words[end].start()] in (" ", "-"):
        end += 1
    return plains[place:end]


def _said_piece(text: str, match: re.Match[str], plain: str, weekday: int | None, values: frozenset[str]) -> Piece:
    """A word that was said, as all that it may be; `'49` is 1949 and 2049 too."""
    number = _NUMBER.match(text, match.start())
    if number:
        values = _number_piece(text, number).values
        if text[match.start() - 1 : match.start()] in ("'", "\u2019") and len(match[0]) == 2 and match[0].isdigit():
            values |= {f"19{match[0]}", f"20{match[0]}"}
        plain = number[0].lower()
    return Piece(match[0], plain, values=values, weekday=weekday)


def _number_piece(text: str, number: re.Match[str]) -> Piece:
    """`3rd`, `1,200`, `.5`; with other letters (`TT409`) it is a word."""
    if number["ending"].lower() not in ("", "st", "nd", "rd", "th", "k", "s"):
        return Piece(number[0], number[0].lower())
    is_fraction = text[number.start() - 1 : number.start()] == "." and not text[: number.start() - 1][-1:].isdigit()
    return Piece(number[0], values=digits(f"0.{number[0]}" if is_fraction and number.start() else number[0]))


def _written(text: str) -> dict[int, tuple[int, Piece]]:
    """The dates and clocks of a text: start -> (end, piece)."""
    found: dict[int, tuple[int, Piece]] = {}
    for day in dates(text):
        days = (*found[day.start][1].days, day) if day.start in found else (day,)
        found[day.start] = (day.end, Piece(text[day.start : day.end], days=days))
    for clock in clocks(text):
        found.setdefault(clock.start, (clock.end, Piece(text[clock.start : clock.end], clock=clock)))
    return found


def _weekday_of(plain: str, is_said: bool) -> int | None:
    if plain in ("sun", "sat", "wed", "suns", "sats", "weds") and not is_said:
        return None
    return WEEKDAYS.get(plain, WEEKDAYS.get(plain.removesuffix("s")))


def plain_word(word: str) -> str:
    """Small letters without accents and possessive `'s`."""
    letters = unicodedata.normalize("NFD", word.lower().replace("\u2019", "'"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.removesuffix("'s") if len(plain) > 2 else plain
