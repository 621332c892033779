"""A text cut into what can be told: words, names, numbers, clocks, dates."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from runtime_py.memory.rules.english.numerals import NUMBERS, ORDINALS, digits, runs, spoken
from runtime_py.memory.rules.english.stems import stem
from runtime_py.memory.rules.english.times import WEEKDAYS, Clock, Date, clocks, dates
from runtime_py.memory.rules.english.words import table

_TABLE = table("grounding")
_FUNCTION = frozenset(f"{_TABLE['function']} {_TABLE['titles']}".split())
_RELATION = frozenset(stem(word) for word in _TABLE["relation"].split())
"""Stems of words that say how two told things belong together (live, called, birthday) and are no thing, quality or
amount themselves: a fact that holds them and else only told words tells nothing of its own. Kin, the opposites of
liking (hate) and verbs that end something (sold, left) are not among them."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?P<ending>[^\W_]*)")
_ONE_BY_ONE = re.compile(r"(?<![0-9])[0-9](?:[- ][0-9]){2,}(?![0-9])")
_HOUR_AFTER = frozenset(["at", "by", "till", "til", "until", "from", "around", "about", "before", "after"])
_SIGNS = {"\u20ac": " euro ", "$": " dollar ", "\u00a3": " pound "}
_STARTS_SENTENCE = re.compile(r"[.!?:\n]")


@dataclass(frozen=True)
class Piece:
    """A word, number, clock or date of a text: as written, plain, and what it means."""

    text: str
    plain: str = ""
    is_name: bool = False
    values: frozenset[str] = frozenset()
    is_ordinal: bool = False
    is_hour: bool = False
    clock: Clock | None = None
    days: tuple[Date, ...] = ()
    weekday: int | None = None
    beside: tuple[Date, ...] = ()


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a fact in order, without function and relation words."""
    written = _written(text)
    found_days = tuple(day for piece in written.values() for day in piece[1].days)
    words, plains = _words(text)
    end = 0
    for place, match in enumerate(words):
        plain = plains[place]
        if match.start() < end:
            continue
        if match.start() in written:
            end, piece = written[match.start()]
            yield piece
        elif (weekday := _weekday_of(plain)) is not None:
            yield Piece(match[0], weekday=weekday, beside=found_days)
        elif counted := _counted(text, words, plains, place):
            if plain not in ("one", "second") or counted[1] > 1:
                end = words[place + counted[1] - 1].end()
                yield replace(counted[0], text=text[match.start() : end])
        elif number := _NUMBER.match(text, match.start()):
            end = number.end()
            yield _number_piece(text, number, plains[place - 1] if place else "")
        elif plain not in _FUNCTION and stem(plain) not in _RELATION and plain not in NUMBERS:
            before = text[words[place - 1].end() : match.start()] if place else "\n"
            yield Piece(match[0], plain, match[0][0].isupper() and not _STARTS_SENTENCE.search(before))


def said_pieces(text: str) -> Iterator[Piece]:
    """The pieces of what was said, every word among them: a number may be read in more than one way."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    written = _written(text)
    words, plains = _words(text)
    yield Piece("", values=runs(text, plains))
    single = {
        at for match in _ONE_BY_ONE.finditer(text) if len(match[0]) > 4 for at in range(match.start(), match.end())
    }
    end, counted_to = 0, 0
    for place, match in enumerate(words):
        if match.start() in written:
            end, piece = written[match.start()]
            yield piece
        yield Piece(match[0], plains[place], weekday=_weekday_of(plains[place], is_said=True))
        if match.start() < end or place < counted_to or match.start() in single:
            continue
        before = plains[place - 1] if place else ""
        if counted := _counted(text, words, plains, place, is_said=True):
            yield counted[0]
            counted_to = place + counted[1]
        elif number := _NUMBER.match(text, match.start()):
            piece = _number_piece(text, number, before)
            if text[match.start() - 1 : match.start()] in ("'", "\u2019") and match[0].isdigit() and len(match[0]) == 2:
                piece = replace(piece, values=piece.values | {f"19{match[0]}", f"20{match[0]}"})
            yield piece


def _words(text: str) -> tuple[list[re.Match[str]], list[str]]:
    words = list(_WORD.finditer(text))
    return words, [plain_word(match[0]) for match in words]


def _counted(
    text: str, words: Sequence[re.Match[str]], plains: Sequence[str], place: int, is_said: bool = False
) -> tuple[Piece, int] | None:
    """The number in words at a place, and of how many words it is; none: None."""
    values, read = spoken(_joined(text, words, plains, place), is_said)
    if not read:
        return None
    last = plains[place + read - 1]
    is_hour = place > 0 and plains[place - 1] in _HOUR_AFTER
    return Piece("", values=values, is_ordinal=last in ORDINALS, is_hour=is_hour), read


def _joined(text: str, words: Sequence[re.Match[str]], plains: Sequence[str], place: int) -> Sequence[str]:
    """The words from a place on, at most nine, with a space or a hyphen between."""
    end = place + 1
    while end < min(len(words), place + 9) and text[words[end - 1].end() : words[end].start()] in (" ", "-"):
        end += 1
    return plains[place:end]


def _number_piece(text: str, number: re.Match[str], before: str) -> Piece:
    """`3rd`, `1,200`, `.5`; with other letters (`TT409`) it is a word."""
    ending = number["ending"].lower()
    if ending not in ("", "st", "nd", "rd", "th", "k", "s"):
        return Piece(number[0], number[0].lower())
    is_fraction = re.search(r"(?:^|[^0-9])\.$", text[max(0, number.start() - 2) : number.start()])
    values = digits(f"0.{number[0]}" if is_fraction else number[0])
    return Piece(number[0], values=values, is_ordinal=ending not in ("", "k", "s"), is_hour=before in _HOUR_AFTER)


def _written(text: str) -> dict[int, tuple[int, Piece]]:
    """The dates and clocks of a text: start -> (end, piece)."""
    found: dict[int, tuple[int, Piece]] = {}
    for day in dates(text):
        days = (*found[day.start][1].days, day) if day.start in found else (day,)
        found[day.start] = (day.end, Piece(text[day.start : day.end], days=days))
    for clock in clocks(text):
        found.setdefault(clock.start, (clock.end, Piece(text[clock.start : clock.end], clock=clock)))
    return found


def _weekday_of(plain: str, is_said: bool = False) -> int | None:
    if plain in ("sun", "sat", "wed", "suns", "sats", "weds") and not is_said:
        return None
    return WEEKDAYS.get(plain, WEEKDAYS.get(plain.removesuffix("s")))


def plain_word(word: str) -> str:
    """Small letters without accents and possessive `'s`."""
    letters = unicodedata.normalize("NFD", word.lower().replace("\u2019", "'"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.removesuffix("'s") if len(plain) > 2 else plain
