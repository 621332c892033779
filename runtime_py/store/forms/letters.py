"""What counts as the same text, without a table of Python's own: `docs/store-format.md` states each rule.

Normal forms never change for letters that exist (Unicode's stability policy), so any language's library gives them;
capitals are folded by the ranges below, not by a library, because languages differ in what they fold.
"""

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path

Ranges = tuple[tuple[int, int], ...]


def _range(text: str) -> tuple[int, int]:
    """First and last code point, of `0041-005A` or of one alone."""
    first, _, last = text.partition("-")
    return int(first, 16), int(last or first, 16)


def letters_of(ranges: Iterable[str]) -> tuple[int, ...]:
    """The code points of ranges, each `0041-005A` in hexadecimal or one alone."""
    return tuple(code for first, last in map(_range, ranges) for code in range(first, last + 1))


def _capitals(text: str) -> tuple[int, int, int, int]:
    codes, step, shift = text.split()
    return *_range(codes), int(step), int(shift)


_TABLE: dict[str, list[str]] = json.loads((Path(__file__).parent / "tables" / "letters.json").read_text("utf-8"))
# (first, last, step, shift): every `step`-th code point from first on is a capital, its small letter `shift` further.
CAPITALS = tuple(map(_capitals, _TABLE["capitals"]))
SPACES = letters_of(_TABLE["spaces"])
# Scripts that put no space between words, each letter a word of the index: Thai and Lao, Myanmar, Khmer, Kana, Han,
# and Hangul, which puts particles on its words.
SPACELESS: Ranges = tuple(map(_range, _TABLE["spaceless"]))
# Their signs that stay with the letter before.
SIGNS: Ranges = tuple(map(_range, _TABLE["signs"]))

_SMALL = {code: code + shift for first, last, step, shift in CAPITALS for code in range(first, last + 1, step)}
_SMALL[0x03C2] = 0x03C3  # the sigma at the end of a word
_SPACE = dict.fromkeys(SPACES, " ")
_SHARP_S = {0x00DF: "ss", 0x1E9E: "ss"}


def compose(text: str) -> str:
    """Normal form C: one spelling for each letter, however it was typed."""
    return unicodedata.normalize("NFC", text)


def small(text: str) -> str:
    """`text` in normal form C with small letters for the capitals of `CAPITALS`."""
    return compose(text).translate(_SMALL)


def normalise(text: str) -> str:
    """What makes two memories the same: spelling of letters, case, spaces and a final stop do not count."""
    small_text = small(text).translate(_SPACE)
    return " ".join(word for word in small_text.split(" ") if word).rstrip(" .!")


def is_spaceless(letter: str) -> bool:
    """Whether the letter or sign belongs to a script without spaces between words."""
    return _within(letter, SPACELESS)


def words_form(text: str) -> str:
    """What the words index is given, of a text and of a query alike; FTS5's tokenizer folds and stems the rest.

    Normal form KC (a ligature is its letters), sharp s as ss, and spaces around each letter of a script that puts none.
    """
    text = unicodedata.normalize("NFKC", text).translate(_SHARP_S)
    if text.isascii():
        return text
    parts, was = [], False
    for letter in text:
        now = is_spaceless(letter)
        parts.append(" " + letter if (now and not _within(letter, SIGNS)) or (was and not now) else letter)
        was = now
    return "".join(parts)


def _within(letter: str, ranges: Ranges) -> bool:
    return any(first <= ord(letter) <= last for first, last in ranges)
