"""What can be said about a person: attributes with their canonical fact, wordings and questions (`attributes.toml`)."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from distill.corpus.words import value


@dataclass(frozen=True)
class Attribute:
    """One attribute. `slots`: (name, kind) pairs; `key`: the slots that tell two values of a person apart.

    An attribute with an empty key holds one value a person: a new value replaces the old one. Kind `past` or `future`
    marks the slot of a date phrase. `about` is "self" or "kin" (the subject is a relative of the speaker).
    """

    name: str
    slots: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    fact: str
    lost: str
    say: tuple[str, ...]
    change: tuple[str, ...]
    drop: tuple[str, ...]
    ask: tuple[str, ...]
    ask_what: tuple[str, ...] = ()
    ask_all: tuple[str, ...] = ()
    ask_bridge: tuple[str, ...] = ()
    about: str = "self"

    @property
    def time(self) -> str | None:
        """`past` or `future` for an attribute with a date phrase in slot t, else None."""
        return dict(self.slots).get("t")


@dataclass(frozen=True)
class Fact:
    """A statement of the world: `person` has `attribute` with slot values (t already resolved), or has it no longer."""

    attribute: Attribute
    person: str
    values: Mapping[str, str]
    lost: bool = False

    @property
    def text(self) -> str:
        """The canonical sentence in the third person."""
        return fill(self.attribute.lost if self.lost else self.attribute.fact, self.person, self.values)

    @property
    def key(self) -> tuple[str, ...]:
        """Two facts with one key are about the same thing: the newer one replaces or repeats the older one."""
        return (self.attribute.name, self.person, *(self.values[slot] for slot in self.attribute.key))

    @property
    def answer(self) -> str:
        """The date without its preposition for an attribute with a date, else the value."""
        return bare_date(self.values["t"]) if self.attribute.time else self.values["a"]


@cache
def attributes() -> Mapping[str, Attribute]:
    """All attributes by name, in the order of the file."""
    raw: dict[str, dict[str, Any]] = tomllib.loads((files("distill.corpus") / "attributes.toml").read_text("utf-8"))
    return {name: _attribute(name, entry) for name, entry in raw.items()}


def _attribute(name: str, entry: Mapping[str, Any]) -> Attribute:
    fields: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in entry.items()}
    fields["slots"] = tuple(tuple(slot.split("=")) for slot in entry["slots"].split(","))
    fields["key"] = tuple(part for part in entry["key"].split(",") if part)
    return Attribute(name=name, **fields)


def choose(random: Random, wordings: Sequence[str], split: str) -> str:
    """A wording allowed in the split: every fifth one is kept for `test_templates` alone, which uses no other."""
    return random.choice(_allowed(tuple(wordings), split == "test_templates"))


@cache
def _allowed(wordings: tuple[str, ...], held_out: bool) -> tuple[str, ...]:
    return tuple(text for index, text in enumerate(wordings) if (index % 5 == 4) == held_out)


def fill(wording: str, person: str, values: Mapping[str, str]) -> str:
    """A wording with its slots filled; `a` before a vowel becomes `an`."""
    return re.sub(r"\ba (?=[aeio])", "an ", wording.format(N=person, **values))


def bare_date(phrase: str) -> str:
    """`on 5 May 2023` -> `5 May 2023`; `in the week of 1 May 2023` -> `the week of 1 May 2023`; `in 2022` -> `2022`."""
    return re.sub(r"^(on|in) ", "", phrase)


def random_values(random: Random, attribute: Attribute, split: str, when: str = "") -> dict[str, str]:
    """Slot values for an attribute; `when` is put into slot t where there is one."""
    return {slot: when if kind in ("past", "future") else value(random, kind, split) for slot, kind in attribute.slots}
