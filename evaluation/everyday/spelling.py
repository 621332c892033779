"""Answers and facts as words that can be compared: one spelling for days, numbers, names and plain words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from evaluation.locomo.porter import stem
from runtime_py.text.dates import MONTHS

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS.split())}
_SMALL_MONTHS = [month.lower() for month in MONTHS]
_ARTICLES = frozenset(["a", "an", "the", "and"])
_EMPTY_WORDS = (
    "on in at of to for from with by or but is are was were be been being has have had do does did not no now since "
    "still also his her hers their theirs its my mine our ours your yours user i me we us you he she it they them him "
    "who whom which what when where that this these those there here as any more anymore longer will would can could "
    "just so then than about around into out up down off over after before because s t m ve re ll d im ive myself "
    "yourself himself herself itself themself themselves ourselves go goes dont doesnt didnt isnt arent wasnt werent "
    "hasnt havent hadnt cant couldnt wont wouldnt"
)
EMPTY = _ARTICLES | frozenset(_EMPTY_WORDS.split())
"""Words that carry no content of their own."""

_MONTH = "|".join(f"{m[:3]}(?:{m[3:]})?" if m != "september" else "sept?(?:ember)?" for m in _SMALL_MONTHS)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+(?:the\s+)?)?"
_SPAN = r"(?:(?P<span{0}>week(?:end)?)\s+of\s+(?:the\s+)?)?"
_TOKEN = re.compile(
    rf"(?:{_SPAN.format(1)}(?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)(?!\d)"
    rf"|\b{_SPAN.format(2)}{_WEEKDAY}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?"
    r"(?:,?\s+(?:of\s+)?(?P<y2>\d{4})(?!\d))?"
    rf"|\b{_SPAN.format(3)}{_WEEKDAY}(?P<m3>{_MONTH})\b\.?\s+(?:the\s+)?(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:])"
    r"(?:,?\s+(?P<y3>\d{4})(?!\d))?"
    rf"|\b(?P<m4>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<y4>\d{{4}})(?!\d)"
    r"|(?P<number>\d+(?:[.,:]\d+)*)(?:(?:st|nd|rd|th)\b)?"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*\d*)|(?P<percent>%))"
)


def spell(text: str) -> list[str]:
    """The words of `text` without a, an, the and and, unless it has no others; small letters, no accents.

    A day is one word, `day:2024-03-08` (`day:2024-03` a month, `day:0000-03-08` a day without its year, `week:` and
    `weekend:` those that begin then), however it was written; a number is digits without commas; `'s` goes.
    """
    plain = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = [_word(match) for match in _TOKEN.finditer(plain)]
    return [word for word in words if word not in _ARTICLES] or words


def _word(match: re.Match[str]) -> str:
    found = match.groupdict()
    for form in "1234":
        if month := found.get(f"m{form}"):
            number = int(month) if month.isdigit() else [m[:3] for m in _SMALL_MONTHS].index(month[:3]) + 1
            day = found.get(f"d{form}")
            rest = f"{number:02d}-{int(day):02d}" if day else f"{number:02d}"
            return f"{found.get(f'span{form}') or 'day'}:{found[f'y{form}'] or '0000'}-{rest}"
    if number_text := found["number"]:
        return re.sub(r",(?=\d{3}\b)", "", number_text).replace(":", ".")
    if found["percent"]:
        return "percent"
    word = re.sub(r"'s?$|'s$", "", found["word"]).replace("'", "")
    return _DIGITS.get(word, word)


def is_day(word: str) -> bool:
    """A word of `spell` that names a day, a week, a weekend or a month of a year."""
    return word.partition(":")[0] in ("day", "week", "weekend") and ":" in word


def is_value(word: str) -> bool:
    """A day or something with a digit."""
    return any(letter.isdigit() for letter in word)


def agrees(word: str, wanted: str) -> bool:
    """`word` is `wanted`, or a day with its year where `wanted` has none, or a day of the month `wanted`.

    A month of a year does not agree with one of its days: who asked for a month was not told a day.
    """
    if word == wanted:
        return True
    if not word.startswith("day:"):
        return False
    if wanted in _SMALL_MONTHS:
        return word[9:11] == f"{_SMALL_MONTHS.index(wanted) + 1:02d}"
    return wanted.startswith("day:0000-") and word[8:] == wanted[8:]


def holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    """`wanted` stands in `words`, word after word."""
    length = len(wanted)
    return any(
        all(agrees(word, want) for word, want in zip(words[start : start + length], wanted, strict=True))
        for start in range(len(words) - length + 1)
    )


def content(words: Iterable[str]) -> set[str]:
    """Stems of the words that carry content; days and numbers as they are."""
    return {word if is_value(word) else stem(word) for word in words if word not in EMPTY}


def names(text: str) -> set[str]:
    """Stems of the words of `text` with a capital letter, but not `I`, `Yes`, `No` and what belongs to a day."""
    capital = re.findall(r"[^\W\d_]*[A-Z\u00c0-\u00de][^\W\d_]*(?:['\u2019][^\W\d_]+)?", text)
    found = content(word for part in capital for word in spell(part) if word not in ("i", "yes", "no"))
    return found & content(spell(text))
