"""How people put things: openers, closers, greetings and chit-chat around a wording (`speech.toml`)."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from distill.corpus.attributes import Fact, choose, fill


@cache
def speech() -> Mapping[str, Sequence[str]]:
    """The lists `greetings`, `chat`, `openers` and `closers`."""
    return tomllib.loads((files("distill.corpus") / "speech.toml").read_text("utf-8"))


def greeting(random: Random, other: str, split: str) -> str:
    """A greeting that may name the other person."""
    return choose(random, speech()["greetings"], split).format(M=other)


def small_talk(random: Random, split: str) -> str:
    """A sentence that holds nothing worth remembering."""
    return choose(random, speech()["chat"], split)


def dress(random: Random, wording: str, split: str) -> str:
    """A whole sentence: opener, the wording (capitalised when it comes first), closer."""
    opener = choose(random, speech()["openers"], split)
    if not opener:
        wording = wording[0].upper() + wording[1:]
    return opener + wording + choose(random, speech()["closers"], split)


def state(random: Random, fact: Fact, split: str, changed: bool = False, when: str | None = None) -> str:
    """A first-person sentence that states the fact; `when` is the date phrase as spoken (default: as resolved)."""
    attribute = fact.attribute
    wordings = attribute.drop if fact.lost else attribute.change if changed and attribute.change else attribute.say
    values = dict(fact.values)
    if when is not None:
        values["t"] = when
    wording = fill(choose(random, wordings, split), fact.person, values)
    return dress(random, wording, split)


def message(random: Random, sentences: Sequence[str], other: str, split: str) -> str:
    """Sentences with greeting and small talk before, between and after them."""
    parts = [greeting(random, other, split)] if random.random() < 0.7 else []
    if not sentences or random.random() < 0.4:
        parts.append(small_talk(random, split))
    for sentence in sentences:
        parts.append(sentence)
        if random.random() < 0.2:
            parts.append(small_talk(random, split))
    if random.random() < 0.3:
        parts.append(small_talk(random, split))
    return " ".join(parts)
