"""Words of the synthetic world, kept apart by split: people, places, things, and made-up words that must be copied.

A word belongs to exactly one of train, validation and test by a hash of its spelling, so no list has to be stored and
a generator cannot leak. Kinds of a closed vocabulary (pets, relatives, things one owns) are shared by all splits.
"""

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

SPLITS = ("train", "validation", "test", "test_templates")

_LISTS: dict[str, Any] = tomllib.loads((files("distill.corpus") / "words.toml").read_text("utf-8"))
_ONSETS, _VOWELS, _CODAS = (_LISTS["syllables"][part].split() for part in ("onsets", "vowels", "codas"))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

NAMES: list[str] = _LISTS["names"].split()
REAL: dict[str, list[str]] = {kind: words.split() for kind, words in _LISTS["open"].items()}
CLOSED: dict[str, list[str]] = {kind: words.split() for kind, words in _LISTS["closed"].items()}
_CAPITALISED = {"city", "language"}


def split_of(word: str) -> str:
    """The split a word belongs to: about 70 % train, 10 % validation, 20 % test."""
    bucket = hashlib.md5(word.lower().encode(), usedforsecurity=False).digest()[0] % 10
    return "validation" if bucket == 0 else "test" if bucket <= 2 else "train"


@cache
def real_words(kind: str, split: str) -> tuple[str, ...]:
    """Real words of an open kind, or real first names for kind "Name", that belong to the split."""
    words = NAMES if kind == "Name" else REAL[kind]
    return tuple(word for word in words if split_of(word) == vocabulary(split))


def vocabulary(split: str) -> str:
    """The word set a split draws from: `test_templates` shares the words of `test`."""
    return "test" if split == "test_templates" else split


def made_up_word(random: Random, split: str) -> str:
    """A lower-case made-up word of 3 to 10 letters of that split, sometimes unpronounceable."""
    while True:
        if random.random() < 0.12:
            word = "".join(random.choice(_LETTERS) for _ in range(random.randint(3, 7)))
        else:
            word = "".join(
                random.choice(_ONSETS)
                + random.choice(_VOWELS)
                + (random.choice(_CODAS) if random.random() < 0.4 else "")
                for _ in range(random.choice((2, 2, 2, 3)))
            )
        if 2 < len(word) <= 10 and split_of(word) == vocabulary(split):
            return word


def made_up_name(random: Random, split: str) -> str:
    """A capitalised made-up word."""
    return made_up_word(random, split).capitalize()


def person_name(random: Random, split: str) -> str:
    """A first name, real or made up with equal chance."""
    if random.random() < 0.5:
        return random.choice(real_words("Name", split))
    return made_up_name(random, split)


def value(random: Random, kind: str, split: str) -> str:
    """A value of one kind: from the closed list, a real word of that split (40 %), or a made-up word."""
    if kind in CLOSED:
        return random.choice(CLOSED[kind])
    if kind == "Word":
        return made_up_name(random, split)
    if kind == "Word2":
        return f"{made_up_name(random, split)} {made_up_name(random, split)}"
    if kind == "Name":
        return person_name(random, split)
    real = real_words(kind, split)
    if real and random.random() < 0.4:
        return random.choice(real)
    return made_up_name(random, split) if kind in _CAPITALISED else made_up_word(random, split)
