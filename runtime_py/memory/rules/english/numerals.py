"""What numbers in digits and in words are worth: `1,200`, `3rd`, `a hundred and twenty`, `two two seven`."""

import re
from collections.abc import Sequence

from runtime_py.memory.rules.english.words import table

_TABLE = table("grounding")
SMALL: dict[str, int] = {name: at for at, name in enumerate(_TABLE["numbers"].split())}
"""`zero` to `nineteen`."""
_TENS = {name: 10 * at for at, name in enumerate(_TABLE["tens"].split(), 2)}
ORDINALS: dict[str, int] = {name: at for at, name in enumerate(_TABLE["ordinals"].split())}
ORDINALS |= {f"{name[:-1]}ieth": value for name, value in _TENS.items()}
"""`first` to `ninetieth`, in one word."""
_UNITS = {name: value for name, value in (SMALL | ORDINALS).items() if 0 < value < 10}
_BELOW_HUNDRED = SMALL | _TENS | ORDINALS
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "dozen": 12}
NUMBERS: dict[str, int] = _BELOW_HUNDRED | {"hundred": 100, "dozen": 12, "thousand": 1000}
"""Numbers as one word."""
_DIGIT_WORDS = {name: str(value) for name, value in SMALL.items() if value < 10} | {"oh": "0", "o": "0"}
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
_RUN = re.compile(r"(?<![^\W_])[0-9]+(?:[ -][0-9]+)+(?![^\W_])")


def digits(word: str) -> frozenset[str]:
    """What a number in digits may be: `1,200` and `1.200` are 1200, the latter 1.2 too, `3rd` is 3, `12k` 12000."""
    match = _DIGITS.match(word)
    if not match:
        return frozenset()
    values = {match[0].replace(",", ".")}
    if _GROUPED.fullmatch(match[0]):
        values.add(re.sub(r"[.,]", "", match[0]))
    if word[match.end() :].lower() == "k":
        return frozenset(_thousands(value) for value in values if value.count(".") < 2)
    return frozenset(_canonical(value) for value in values)


def _thousands(value: str) -> str:
    whole, _, rest = value.partition(".")
    return _canonical(f"{whole}{rest[:3]:0<3}.{rest[3:]}")


def _canonical(value: str) -> str:
    """Without zeros that say nothing: `08` is 8, `2.50` 2.5."""
    whole, _, rest = value.partition(".")
    rest = rest.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{rest}" if rest else whole


def spoken(words: Sequence[str], is_loose: bool = False) -> tuple[frozenset[str], int]:
    """The worth of the number that words in small letters begin with, and how many of them it is; none: empty and 0.

    `twenty one` 21, `a hundred and twenty` 120, `one thousand four hundred` 1400, `two and a half` 2.5; where
    `is_loose` also `one eighty five` 185.
    """
    value, read = _below_thousand(words)
    if not read:
        return frozenset(), 0
    loose, more = _below_hundred(words[read:]) if is_loose and read == 1 and 0 < value < 100 else (0, 0)
    if more and loose > 9:
        return frozenset([str(value), str(100 * value + loose)]), read
    if words[read : read + 1] in (["thousand"], ["grand"]):
        value, read = 1000 * value, read + 1
        skip = 1 if words[read : read + 1] == ["and"] else 0
        rest, count = _below_thousand(words[read + skip :])
        if count and rest < 1000:
            value, read = value + rest, read + skip + count
    if words[read : read + 3] == ["and", "a", "half"]:
        return frozenset([f"{value}.5"]), read + 3
    return frozenset([str(value)]), read


def _below_thousand(words: Sequence[str]) -> tuple[int, int]:
    value, read = _below_hundred(words)
    if not read and words[:1] == ["a"] and words[1:2] and words[1] in _SCALES:
        value, read = 1, 1
    if not read:
        return (_SCALES[words[0]], 1) if words and words[0] in ("hundred", "thousand", "dozen") else (0, 0)
    if words[read : read + 1] == ["dozen"]:
        return value * 12, read + 1
    if words[read : read + 1] == ["hundred"]:
        value, read = value * 100, read + 1
        skip = 1 if words[read : read + 1] == ["and"] else 0
        more, count = _below_hundred(words[read + skip :])
        if count:
            value, read = value + more, read + skip + count
    return value, read


def _below_hundred(words: Sequence[str]) -> tuple[int, int]:
    if not words or words[0] not in _BELOW_HUNDRED:
        return 0, 0
    if words[0] in _TENS and words[1:2] and words[1] in _UNITS:
        return _TENS[words[0]] + _UNITS[words[1]], 2
    return _BELOW_HUNDRED[words[0]], 1


def runs(text: str, words: Sequence[str]) -> frozenset[str]:
    """Numbers that are told digit by digit: `8-2-8-1`, `2 300`, `two two seven`, `double zero six`, joined."""
    found = {_canonical(re.sub(r"[^0-9]", "", match[0])) for match in _RUN.finditer(text)}
    run, times = "", 1
    for word in (*words, ""):
        if word == "double":
            times = 2
        elif word in _DIGIT_WORDS:
            run, times = run + times * _DIGIT_WORDS[word], 1
        else:
            if len(run) > 2:
                found.add(_canonical(run))
            run, times = "", 1
    return frozenset(found)
