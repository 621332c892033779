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

from distill.corpus.words import made_up_word
from runtime_py.errors import MissingExtraError

CLOSED = ("month", "weekday", "small_number", "size")
FEWEST_HELD_OUT = 4
_LOCALES = (
    "en_GB", "en_US", "en_IE", "en_IN", "de_DE", "fr_FR", "it_IT", "es_ES", "nl_NL", "pl_PL", "sv_SE", "pt_BR", "fi_FI",
    "da_DK", "cs_CZ", "tr_TR", "ro_RO", "hr_HR",
)  # fmt: skip
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
    for locale in _LOCALES:
        fake: Any = Faker(locale)
        fake.seed_instance(f"{what}:{locale}")
        found |= dict.fromkeys(getattr(fake, what)() for _ in range(_DRAWN))
    return tuple(value for value in found if _WORDS.fullmatch(value) and not value.isupper())


def _cities() -> list[str]:
    return [city for city in _faked("city") if len(city.split()) < 3]


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


def _jobs() -> list[str]:
    return _LISTS["job"]


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


def _clock(random: Random) -> str:
    hour, minute = random.randint(1, 12), random.choice((0, 0, 0, 15, 30, 30, 45, 10, 20, 40, 50))
    if random.random() < 0.4:
        return f"{hour + random.choice((0, 12)) if hour < 12 else 12:02d}:{minute:02d}"
    half = random.choice((" am", " pm", "am", "pm"))
    return (
        f"{hour}{half}"
        if not minute
        else f"{hour}.{minute:02d}{half}"
        if random.random() < 0.3
        else f"{hour}:{minute:02d}{half}"
    )


def _price(random: Random) -> str:
    amount = random.choice((random.randint(2, 99), random.randint(10, 99) * 10, random.randint(11, 60) * 50))
    shown = f"{amount:,}"
    return random.choice(
        (f"£{shown}", f"€{shown}", f"${shown}", f"{shown} euros", f"{shown} pounds", f"{shown} dollars")
    )


def _phone(random: Random) -> str:
    digits = "".join(str(random.randint(0, 9)) for _ in range(9))
    return random.choice(
        (
            f"07{digits[:3]} {digits[3:]}",
            f"+31 6 {digits[:4]} {digits[4:8]}",
            f"0{digits[:3]} {digits[3:6]} {digits[6:]}",
        )
    )


def _distance(random: Random) -> str:
    number = random.choice((str(random.randint(2, 90)), f"{random.randint(1, 12)}.{random.randint(1, 9)}"))
    return random.choice(
        (f"{number} km", f"{number} miles", f"{number} kilometres", f"{random.randint(3, 19) * 50} metres")
    )


def _weight(random: Random) -> str:
    number = random.randint(4, 110)
    return random.choice(
        (f"{number} kilos", f"{number} kg", f"{number}.{random.randint(1, 9)} kg", f"{random.randint(8, 17)} stone")
    )


_DRAWN_ONCE: dict[str, Callable[[], Sequence[str]]] = {
    "city": _cities,
    "street_address": _streets,
    "firm": lambda: _named("trade"),
    "job": _jobs,
    "first_name": lambda: [name for name in _faked("first_name") if " " not in name],
    "full_name": _full_names,
    "pet_name": _pets,
    "film_title": lambda: _titles("film_title"),
    "book_title": lambda: _titles("book_title"),
    "band_name": _bands,
    "shop": lambda: _named("shop"),
    "club": lambda: _named("club"),
}
_DRAWN_EACH: dict[str, Callable[[Random], str]] = {
    "clock_time": _clock,
    "price": _price,
    "code4": lambda random: f"{random.randint(0, 9999):04d}",
    "phone": _phone,
    "made_up_word": _made_up,
    "distance": _distance,
    "weight": _weight,
    "percent": lambda random: f"{random.randint(1, 99)}%",
}
_LISTED = (
    "country", "colour", "food", "drink", "dish", "fruit", "animal", "car", "instrument", "sport", "school_subject",
    "language", "plant", "illness", "medicine", "hobby", "room", "garment", "tool",
)  # fmt: skip
