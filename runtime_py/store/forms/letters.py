"""What counts as the same text, without a table of Python's own: `docs/store-format.md` states each rule.

Normal forms never change for letters that exist (Unicode's stability policy), so any language's library gives them;
capitals are folded by the ranges below, not by a library, because languages differ in what they fold.
"""

import unicodedata

# (first, last, step, shift): every `step`-th code point from first on is a capital, its small letter `shift` further.
CAPITALS = (
    (0x0041, 0x005A, 1, 32),
    (0x00C0, 0x00D6, 1, 32),
    (0x00D8, 0x00DE, 1, 32),
    (0x0100, 0x012E, 2, 1),
    (0x0132, 0x0136, 2, 1),
    (0x0139, 0x0147, 2, 1),
    (0x014A, 0x0176, 2, 1),
    (0x0178, 0x0178, 1, -121),
    (0x0179, 0x017D, 2, 1),
    (0x01CD, 0x01DB, 2, 1),
    (0x01DE, 0x01EE, 2, 1),
    (0x01F8, 0x021E, 2, 1),
    (0x0222, 0x0232, 2, 1),
    (0x0386, 0x0386, 1, 38),
    (0x0388, 0x038A, 1, 37),
    (0x038C, 0x038C, 1, 64),
    (0x038E, 0x038F, 1, 63),
    (0x0391, 0x03A1, 1, 32),
    (0x03A3, 0x03AB, 1, 32),
    (0x0400, 0x040F, 1, 80),
    (0x0410, 0x042F, 1, 32),
    (0x0460, 0x0480, 2, 1),
    (0x048A, 0x04BE, 2, 1),
    (0x04C1, 0x04CD, 2, 1),
    (0x04D0, 0x052E, 2, 1),
    (0x0531, 0x0556, 1, 48),
    (0x1E00, 0x1E94, 2, 1),
    (0x1EA0, 0x1EFE, 2, 1),
    (0xFF21, 0xFF3A, 1, 32),
)
SPACES = (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F)
SPACES += (0x205F, 0x3000)
# Scripts that put no space between words, each letter a word of the index: Thai and Lao, Myanmar, Khmer, Kana, Han,
# and Hangul, which puts particles on its words.
SPACELESS = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3005, 0x3007),
    (0x3041, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# Their signs that stay with the letter before.
SIGNS = (
    (0x0E31, 0x0E31),
    (0x0E34, 0x0E3A),
    (0x0E47, 0x0E4E),
    (0x0EB1, 0x0EB1),
    (0x0EB4, 0x0EBC),
    (0x0EC8, 0x0ECE),
    (0x102B, 0x103E),
    (0x1056, 0x1059),
    (0x105E, 0x1060),
    (0x1062, 0x1064),
    (0x1067, 0x106D),
    (0x1071, 0x1074),
    (0x1082, 0x108D),
    (0x108F, 0x108F),
    (0x109A, 0x109D),
    (0x17B4, 0x17D3),
    (0x17DD, 0x17DD),
    (0x3099, 0x309A),
)

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


def _within(letter: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(letter) <= last for first, last in ranges)
