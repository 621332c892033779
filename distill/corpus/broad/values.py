"""Values of everyday kinds: names and places from Faker, lists of our own (`lists.toml`), made-up words and numbers.

Three quarters of the values, by a hash of their spelling, are for training, the others for the held-out splits; those
of a short closed list (`CLOSED`) are for both.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from distill.corpus.broad.amounts import clock, distance, phone, price, weight
from distill.corpus.words import made_up_word
from runtime_py.errors import MissingExtraError

CLOSED = ("month", "weekday", "small_number", "size")
FEWEST_HELD_OUT = 4
_LOCALES = (
    "en_GB", "en_US", "en_IE", "en_IN", "de_DE", "fr_FR", "it_IT", "es_ES", "nl_NL", "pl_PL", "sv_SE", "pt_BR", "fi_FI",
    "da_DK", "cs_CZ", "tr_TR", "ro_RO", "hr_HR",
)  # fmt: skip
_UNSTEADY = {("city", "it_IT")}  # Faker draws them from a set, in another order in every process
_DRAWN = 160  # values of each locale
_WORDS = re.compile(r"[^\W\d_][\w'’ -]{1,23}")
_LISTS: dict[str, list[str]] = {
    name: text.split(", ")
    for name, text in tomllib.loads((files("distill.corpus.broad") / "lists.toml").read_text("utf-8")).items()
}


def is_held_out(value: str) -> bool:
    """Whether a value is kept from training, by its spelling."""
    return hashlib.md5(value.casefold().encode(), usedforsecurity=False).digest()[0] < 64


def part(values: Sequence[str], held_out: bool) -> tuple[str, ...]:
    """The values of a list for the held-out splits, or for training: at least four are held out."""
    ranked = sorted(set(values), key=lambda v: (hashlib.md5(v.casefold().encode(), usedforsecurity=False).digest(), v))
    count = max(FEWEST_HELD_OUT, sum(map(is_held_out, ranked)))
    return tuple(sorted(ranked[:count] if held_out else ranked[count:]))


def providers() -> list[str]:
    """Names of all kinds of value."""
    return sorted({*_DRAWN_ONCE, *_DRAWN_EACH, *_LISTED, *CLOSED})


def draw(random: Random, provider: str, held_out: bool) -> str:
    """A value of a kind for training or for the held-out splits."""
    if provider in CLOSED:
        return random.choice(_LISTS[provider])
    if provider in _DRAWN_EACH:
        while True:
            value = _DRAWN_EACH[provider](random)
            if is_held_out(value) == held_out:
                return value
    return random.choice(_pool(provider, held_out))


def known(provider: str) -> tuple[str, ...]:
    """All values that are drawn for a kind, held out or not."""
    return _pool(provider, held_out=False) + _pool(provider, held_out=True)


@cache
def _pool(provider: str, held_out: bool) -> tuple[str, ...]:
    return part(_DRAWN_ONCE[provider]() if provider in _DRAWN_ONCE else _LISTS[provider], held_out)


@cache
def _faked(what: str) -> tuple[str, ...]:
    """What Faker gives for `what` in all locales, plain ones alone."""
    try:
        from faker import Faker
    except ImportError as e:
        raise MissingExtraError(
            "expected the package faker for everyday dialogues, got none; install memlora[export]"
        ) from e
    found: dict[str, None] = {}
    for locale in [locale for locale in _LOCALES if (what, locale) not in _UNSTEADY]:
        fake: Any = Faker(locale)
        fake.seed_instance(f"{what}:{locale}")
        found |= dict.fromkeys(getattr(fake, what)() for _ in range(_DRAWN))
    return tuple(value for value in found if _WORDS.fullmatch(value) and not value.isupper())


def _cities() -> list[str]:
    return [city for city in _faked("city") if len(city.split()) < 3]


def _first_names(what: str) -> list[str]:
    return [name for name in _faked(what) if " " not in name]


def _titles(name: str) -> list[str]:
    made = [f"The {first} {last}" for first in _LISTS["adjective"] for last in _LISTS["noun"]]
    return [*_LISTS[name], *Random(name).sample(made, 60)]


def _bands() -> list[str]:
    made = [f"The {first} {last}" for first in _LISTS["adjective"] for last in _LISTS["plural"]]
    return [*_LISTS["band_name"], *Random("bands").sample(made, 60)]


def _named(ending: str) -> list[str]:
    """Places and firms called after a person, a town or nothing known."""
    random, names, towns = Random(ending), _faked("last_name"), _cities()
    made: list[str] = []
    for _ in range(200):
        last = random.choice(_LISTS[ending])
        first = random.choice((random.choice(names), random.choice(towns), _made_up(random).capitalize()))
        made.append(f"{first} {last}")
    return made


def _streets() -> list[str]:
    random = Random("streets")
    return [f"{random.randint(1, 180)} {name}" for name in _faked("street_name") if name[0].isupper()]


def _pets() -> list[str]:
    random = Random("pets")
    return [*_LISTS["pet"], *(_made_up(random).capitalize() for _ in range(60))]


def _full_names() -> list[str]:
    random = Random("full names")
    return [f"{random.choice(_faked('first_name'))} {random.choice(_faked('last_name'))}" for _ in range(600)]


def _made_up(random: Random) -> str:
    return made_up_word(random, random.choice(("train", "test")))


_DRAWN_ONCE: dict[str, Callable[[], Sequence[str]]] = {
    "city": _cities,
    "street_address": _streets,
    "firm": lambda: _named("trade"),
    "first_name": lambda: _first_names("first_name"),
    "full_name": _full_names,
    "pet_name": _pets,
    "film_title": lambda: _titles("film_title"),
    "book_title": lambda: _titles("book_title"),
    "band_name": _bands,
    "shop": lambda: _named("shop"),
    "club": lambda: _named("club"),
    "gym": lambda: _named("gym"),
    "female_name": lambda: _first_names("first_name_female"),
    "male_name": lambda: _first_names("first_name_male"),
}
_DRAWN_EACH: dict[str, Callable[[Random], str]] = {
    "clock_time": clock,
    "price": price,
    "code4": lambda random: f"{random.randint(0, 9999):04d}",
    "phone": phone,
    "made_up_word": _made_up,
    "distance": distance,
    "weight": weight,
    "percent": lambda random: f"{random.randint(1, 99)}%",
}
_LISTED = (
    "country", "colour", "food", "drink", "dish", "fruit", "animal", "car", "instrument", "job", "sport", "language",
    "school_subject", "plant", "illness", "medicine", "hobby", "room", "garment", "tool",
)  # fmt: skip
