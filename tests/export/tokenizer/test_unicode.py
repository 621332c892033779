"""What `unicode.json` says of characters is what the installed package does with them."""

import re
from collections.abc import Iterable

import pytest
from tokenizers import Regex, normalizers, pre_tokenizers

from export.tokenizer.probe import HANGUL
from export.tokenizer.unicode import LAST, Ranges, complement, read_unicode, union

KNOWN = read_unicode()
ADVICE = "the tokenizers package changed: run python -m export.tokenizer.probe"


def edges(ranges: Ranges) -> list[str]:
    """Characters at either side of every edge."""
    points = {point for first, last in ranges for point in (first - 1, first, last, last + 1)}
    return [chr(point) for point in sorted(points) if 0 <= point <= LAST and not 0xD800 <= point < 0xE000]


def inside(characters: Iterable[str], ranges: Ranges) -> set[str]:
    points = {ord(character): character for character in characters}
    return {c for point, c in points.items() if any(first <= point <= last for first, last in ranges)}


@pytest.mark.parametrize("name", KNOWN.properties)
def test_properties_of_patterns(name: str) -> None:
    characters = edges(KNOWN.properties[name])
    pattern = rf"\{name}" if name in "sw" else rf"\p{{{name}}}"
    kept = normalizers.Replace(Regex(pattern), "").normalize_str("".join(characters))
    assert set(characters) - set(kept) == inside(characters, KNOWN.properties[name]), ADVICE


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("numeric", pre_tokenizers.Digits(individual_digits=False)),
        ("white_space", pre_tokenizers.WhitespaceSplit()),
        ("punctuation", pre_tokenizers.Punctuation("removed")),
    ],
)
def test_delimiters(name: str, step: pre_tokenizers.PreTokenizer) -> None:
    """A delimiter parts the letters around it; any other character is one word with them."""
    ranges: Ranges = getattr(KNOWN, name)
    characters = edges(ranges)
    parting = {c for c in characters if len(step.pre_tokenize_str(f"a{c}b")) > 1}
    assert parting == inside(characters, ranges), ADVICE


@pytest.mark.parametrize(
    ("name", "part", "becomes"),
    [
        ("control", "clean_text", "{:.0}"),
        ("nonspacing", "strip_accents", "{:.0}"),
        ("ideographs", "handle_chinese_chars", " {} "),
    ],
)
def test_parts_of_berts_normalizer(name: str, part: str, becomes: str) -> None:
    switches = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    normalize = normalizers.BertNormalizer(**(switches | {part: True})).normalize_str
    ranges: Ranges = getattr(KNOWN, name)
    characters = edges(ranges)
    assert {c for c in characters if normalize(c) == becomes.format(c)} == inside(characters, ranges), ADVICE


def test_texts_of_characters() -> None:
    lower, decompose = normalizers.Lowercase().normalize_str, normalizers.NFD().normalize_str
    assert [p for p, text in KNOWN.lowercase.items() if lower(chr(p)) != text] == [], ADVICE
    assert [p for p, text in KNOWN.decompositions.items() if decompose(chr(p)) != text] == [], ADVICE
    assert all(decompose(chr(point)) != chr(point) for point in HANGUL[::97]), "Hangul is taken apart by a formula"


def test_combining_classes_and_compositions() -> None:
    decompose, compose = normalizers.NFD().normalize_str, normalizers.NFC().normalize_str
    sample = {number: chr(first) for first, _, number in KNOWN.combining}
    for first, last, number in KNOWN.combining:
        for point in {first, last}:
            for other, mark in sample.items():
                moved = decompose(mark + chr(point)) == chr(point) + mark != mark + chr(point)
                assert moved == (number < other), (hex(point), ADVICE)
    assert [c for a, b, c in KNOWN.compositions if compose(chr(a) + chr(b)) != chr(c)] == [], ADVICE


def test_sets_of_characters() -> None:
    assert complement([(0, 64), (91, LAST)]) == [(65, 90)]
    assert complement([]) == [(0, LAST)]
    assert union([[(5, 9)], [(1, 2), (10, 12)], [(3, 3)]]) == [(1, 3), (5, 12)]
    assert re.fullmatch(r"\d+\.\d+\.\d+", KNOWN.tokenizers)
