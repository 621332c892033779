"""Writes `unicode.json`: what the installed tokenizers package takes each character for.

`python -m export.tokenizer.probe`, a minute or two, after a change of that package. The package has several Unicode
versions inside (Oniguruma's, Rust's, two crates'), so it is asked rather than a standard's file.
"""

import unicodedata
from collections.abc import Callable, Iterable
from importlib.metadata import version
from itertools import pairwise

from tokenizers import Regex, normalizers, pre_tokenizers

from export.tokenizer.unicode import PATH, Unicode
from runtime_py.files import write_file_atomic

CHARACTERS = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
PROPERTIES = ("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "N", "Nd", "P", "S", "Z", "Han")
HANGUL = range(0xAC00, 0xD7A4)
_HIGHEST = "\u0345"  # the one character of the highest combining class

Ranges = list[tuple[int, int]]


def ranges(points: Iterable[int]) -> Ranges:
    """Ascending ranges, both ends inside, none next to another but across the surrogates."""
    found: Ranges = []
    for point in sorted(points):
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return found


def _matched(pattern: str) -> Ranges:
    """The characters that Oniguruma's `pattern` matches, one at a time."""
    kept = normalizers.Replace(Regex(pattern), "").normalize_str("".join(CHARACTERS))
    return ranges({ord(character) for character in CHARACTERS} - {ord(character) for character in kept})


def _set_apart(step: pre_tokenizers.PreTokenizer, removes: bool) -> Ranges:
    """The characters that `step` takes for delimiters; `removes` says that they are gone."""
    delimiters = set()
    for first in range(0, len(CHARACTERS), 1 << 16):
        part = CHARACTERS[first : first + (1 << 16)]
        pieces = step.pre_tokenize_str("a".join(["", *part, ""]))
        if removes:
            kept = {character for piece, _ in pieces for character in piece}
            delimiters |= set(part) - kept
        else:
            delimiters |= {piece for piece, _ in pieces if len(piece) == 1 and piece in set(part)} - {"a"}
    return ranges(map(ord, delimiters))


def _each(normalize: Callable[[str], str]) -> dict[int, str]:
    """Character -> what `normalize` makes of it alone, where that is another text."""
    texts = normalize("\n".join(CHARACTERS)).split("\n")
    if len(texts) != len(CHARACTERS) + 1:  # the line feed is a character, too
        raise ValueError(f"expected {len(CHARACTERS) + 1} texts, got {len(texts)}")
    del texts[0x0A]
    return {ord(c): text for c, text in zip(CHARACTERS, texts, strict=True) if text != c and c != "\n"}


def _bert(**switched_on: bool) -> Callable[[str], str]:
    """One part of BERT's normalizer."""
    parts = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    normalize: Callable[[str], str] = normalizers.BertNormalizer(**(parts | switched_on)).normalize_str
    return normalize


def _combining(decompose: Callable[[str], str]) -> list[tuple[int, int, int]]:
    """First, last and combining class of the characters that have one, by what they are sorted before."""
    others = [character for character in CHARACTERS if character != "\n"]
    moved = decompose("\n".join(f"{_HIGHEST}{character}" for character in others)).split("\n")
    candidates = [c for c, pair in zip(others, moved, strict=True) if pair == f"{c}{_HIGHEST}"]
    samples: dict[int, str] = {}
    for character in [*candidates, _HIGHEST]:
        samples.setdefault(unicodedata.combining(character), character)
    classes = sorted(samples)
    found = {ord(_HIGHEST): classes[-1]}
    for character in candidates:
        for lower, higher in pairwise(classes):
            if decompose(samples[higher] + character)[0] == character != samples[higher]:
                found[ord(character)] = lower
                break
    runs: list[tuple[int, int, int]] = []
    for point, number in sorted(found.items()):
        if runs and runs[-1][1:] == (point - 1, number):
            runs[-1] = (runs[-1][0], point, number)
        else:
            runs.append((point, point, number))
    return runs


def probe() -> Unicode:
    """Everything that tables are compiled from."""
    decompose, compose = normalizers.NFD().normalize_str, normalizers.NFC().normalize_str
    parts = {point: text for point, text in _each(decompose).items() if point not in HANGUL}
    pairs = [
        (ord(compose(text[:-1])), ord(text[-1]), point)
        for point, text in parts.items()
        if len(text) > 1 and compose(text) == chr(point)
    ]
    clean, strip, pad = _bert(clean_text=True), _bert(strip_accents=True), _bert(handle_chinese_chars=True)
    cleaned = set(clean("\n".join(CHARACTERS)))
    stripped = set(strip("\n".join(CHARACTERS)))
    return Unicode(
        tokenizers=version("tokenizers"),
        properties={name: _matched(rf"\p{{{name}}}") for name in PROPERTIES}
        | {name: _matched(rf"\{name}") for name in "sw"},
        numeric=_set_apart(pre_tokenizers.Digits(individual_digits=True), removes=False),
        white_space=_set_apart(pre_tokenizers.WhitespaceSplit(), removes=True),
        punctuation=_set_apart(pre_tokenizers.Punctuation("isolated"), removes=False),
        control=ranges(ord(c) for c in CHARACTERS if c not in cleaned and not clean(c)),
        nonspacing=ranges(ord(c) for c in CHARACTERS if c not in stripped and not strip(c)),
        ideographs=ranges(point for point, text in _each(pad).items() if text == f" {chr(point)} "),
        lowercase=_each(normalizers.Lowercase().normalize_str),
        decompositions=parts,
        combining=_combining(decompose),
        compositions=sorted(pairs),
    )


if __name__ == "__main__":
    write_file_atomic(PATH, probe().to_bytes())
