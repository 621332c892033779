"""Kinds of everyday fact (`kinds/*.toml`): how each is said, changed, denied, wished for and asked."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from distill.corpus.broad.values import draw, part, providers
from runtime_py.errors import ConfigError

FOLDER = Path(__file__).with_name("kinds")
EVERY = 6  # each sixth kind is held out of training
_SLOT = re.compile(r"\{([^{}]*)\}")
_CHANGES = ("change", "change_of", "ask_past", "ask_past_of")
_FEWEST = {
    "say": 8, "aside": 5, "say_of": 8, "change": 5, "change_of": 5, "deny": 3, "wish": 3, "ask": 7, "ask_of": 7,
    "ask_past": 3, "ask_past_of": 3,
}  # fmt: skip
_NEEDED = {"say": "v", "aside": "v", "say_of": "v", "change": "v", "change_of": "v", "deny": "w", "wish": "w"}
_ALLOWED = {
    "fact": "v", "fact_of": "pv", "say": "v", "aside": "v", "say_of": "pvs", "change": "vw", "change_of": "pvws",
    "deny": "w", "wish": "w", "ask": "", "ask_of": "s", "ask_past": "", "ask_past_of": "s",
}  # fmt: skip
_FEWEST_VALUES = 25


@dataclass(frozen=True)
class Kind:
    """One kind; `value` names providers, `value_list` holds values of its own, one of the two is empty.

    `once`: it cannot change, and has no wordings for that.
    """

    name: str
    fact: str
    fact_of: str
    say: tuple[str, ...]
    aside: tuple[str, ...]
    say_of: tuple[str, ...]
    deny: tuple[str, ...]
    wish: tuple[str, ...]
    ask: tuple[str, ...]
    ask_of: tuple[str, ...]
    value: tuple[str, ...] = ()
    value_list: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    change_of: tuple[str, ...] = ()
    ask_past: tuple[str, ...] = ()
    ask_past_of: tuple[str, ...] = ()
    once: bool = False

    def draw(self, random: Random, held_out: bool) -> str:
        """A value for training or for the held-out splits."""
        if self.value_list:
            return random.choice(part(self.value_list, held_out))
        return draw(random, random.choice(self.value), held_out)


def read_kinds(path: Path) -> list[Kind]:
    """The kinds of one file. Raises `ConfigError` for whatever is not of the schema, with kind and key."""
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"{path.name}: expected TOML, got {e}; correct the file") from e
    return [_read(f"{path.name}: {name}", name, table) for name, table in tables.items()]


@cache
def all_kinds(folder: Path = FOLDER) -> Mapping[str, Kind]:
    """All kinds by name, in the order of files and tables. Raises `ConfigError` for a name that stands twice."""
    kinds: dict[str, Kind] = {}
    for path in sorted(folder.glob("*.toml")):
        for kind in read_kinds(path):
            if kind.name in kinds:
                raise ConfigError(f"{path.name}: expected each kind once, got {kind.name!r} again; rename it")
            kinds[kind.name] = kind
    return kinds


def held_out_kinds() -> list[str]:
    """Names of the kinds that no training dialogue has: every sixth one."""
    return list(all_kinds())[EVERY - 1 :: EVERY]


def kinds_of(held_out: bool) -> list[Kind]:
    """The kinds of training, or those of the held-out splits."""
    names = held_out_kinds()
    return [kind for kind in all_kinds().values() if (kind.name in names) == held_out]


def _read(place: str, name: str, table: Any) -> Kind:
    if not isinstance(table, dict):
        raise ConfigError(f"{place}: expected a table of wordings, got {table!r}; write `[{name}]`")
    known = {f.name for f in fields(Kind)} - {"name"}
    for key in table:
        if key not in known:
            raise ConfigError(f"{place}: expected keys out of {', '.join(sorted(known))}, got {key!r}; correct it")
    once = table.get("once", False)
    if not isinstance(once, bool):
        raise ConfigError(f"{place}: expected true or false for once, got {once!r}; correct it")
    wanted = [key for key in _FEWEST if not (once and key in _CHANGES)]
    if once and (more := [key for key in _CHANGES if key in table]):
        raise ConfigError(f"{place}: expected no {more[0]} of what cannot change, got some; remove it or `once`")
    texts: dict[str, Any] = {key: _texts(place, table, key, _FEWEST[key]) for key in wanted}
    facts: dict[str, Any] = {key: _text(place, table, key) for key in ("fact", "fact_of")}
    for key, text in [*facts.items(), *((key, text) for key, row in texts.items() for text in row)]:
        _check_slots(f"{place}.{key}", key, text)
    return Kind(name=name, once=once, **facts, **texts, **_values(place, table))


def _values(place: str, table: Mapping[str, Any]) -> dict[str, Any]:
    if ("value" in table) == ("value_list" in table):
        raise ConfigError(f"{place}: expected either value or value_list, got {'both' if 'value' in table else 'none'}")
    if "value_list" in table:
        values = _texts(place, table, "value_list", _FEWEST_VALUES)
        return {"value_list": values}
    named = _texts(place, table, "value", 1)
    for provider in named:
        if provider not in providers():
            raise ConfigError(f"{place}: expected values out of {', '.join(providers())}, got {provider!r}; correct it")
    return {"value": named}


def _text(place: str, table: Mapping[str, Any], key: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{place}: expected a text as {key}, got {text!r}; write it")
    return text


def _texts(place: str, table: Mapping[str, Any], key: str, fewest: int) -> tuple[str, ...]:
    texts = table.get(key)
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ConfigError(f"{place}: expected a list of texts as {key}, got {texts!r}; write them")
    if len(set(texts)) != len(texts) or len(texts) < fewest:
        raise ConfigError(
            f"{place}: expected {fewest} or more different texts as {key}, got {len(set(texts))}; write more"
        )
    return tuple(texts)


def _check_slots(place: str, key: str, text: str) -> None:
    slots = _SLOT.findall(text)
    allowed = _ALLOWED[key]
    needed = _NEEDED.get(key, "v" if key.startswith("fact") else "s" if key in ("ask_of", "ask_past_of") else "")
    if "_of" in key and not key.startswith("ask") and "p" not in slots and "s" not in slots:
        raise ConfigError(f"{place}: expected {{p}} or {{s}} for the person, got {text!r}; name the person")
    if any(slot not in tuple(allowed) for slot in slots) or any(slot not in slots for slot in needed):
        raise ConfigError(
            f"{place}: expected slots out of {', '.join(allowed) or 'none'} with {needed or 'none'}, got {text!r}; "
            "correct it"
        )
    if text.count("{") != len(slots) or text.count("}") != len(slots):
        raise ConfigError(f"{place}: expected each brace closed, got {text!r}; correct it")
