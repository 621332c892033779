"""The protocol as data: who is trained, chosen and tested on, what is read and tried, what the plan counts with."""

import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.memory import TURNS_PER_EXCHANGE
from runtime_py.memory.remember import NEAR_PER_FACT

LOCOMO = Path(__file__).with_name("locomo.toml")
SELECTORS = ("L", "J", "F1")
_FIXED = {"turns_per_exchange": TURNS_PER_EXCHANGE, "near_per_fact": NEAR_PER_FACT}


@dataclass(frozen=True)
class Costs:
    """Tokens of a call by operation and prompt, and what turns tokens into hours and dollars."""

    long_extract_tokens: int
    long_update_tokens: int
    short_extract_tokens: int
    short_update_tokens: int
    short_generate_tokens: int
    extract_answer_tokens: int
    update_answer_tokens: int
    generate_answer_tokens: int
    judge_tokens: int
    judge_answer_tokens: int
    epochs: int
    parameters: float
    flops_per_parameter_and_token: int
    peak_flops: float
    utilisation: float
    tokens_per_second: float
    dollars_per_million_input: float
    dollars_per_million_output: float


@dataclass(frozen=True)
class Protocol:
    """Conversations by their names; `candidates` are settings of a training that differ from the `preset`, `shared`
    those in which the one shared adapter differs from the answering expert's candidate.

    The runtime's own numbers of turns in an exchange and of memories near a fact must be the protocol's.
    """

    name: str
    validation: tuple[str, ...]
    test: tuple[str, ...]
    train: tuple[str, ...]
    turns_per_exchange: int
    near_per_fact: int
    memories_per_speaker: int
    taught_categories: tuple[int, ...]
    seeds: tuple[int, ...]
    select_by: str
    preset: str
    candidates: Mapping[str, Mapping[str, Any]]
    shared: Mapping[str, Any]
    costs: Costs


def read_protocol(path: Path = LOCOMO) -> Protocol:
    """The protocol in a TOML file.

    Raises:
        ConfigError: no such file, not TOML, an unknown, missing or mistyped key, or numbers that the runtime has not.
    """
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as e:
        raise ConfigError(f"protocol {path}: expected a TOML file, found none; name one with --protocol") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"protocol {path}: expected TOML, got {e}; correct it") from e
    costs = tree.get("costs", {})
    if not isinstance(costs, dict):
        raise ConfigError(f"protocol {path}: expected a table [costs], got {costs!r}; correct it")
    protocol: Protocol = _build(Protocol, {**tree, "costs": _build(Costs, costs, f"{path} [costs]")}, str(path))
    _check(protocol, path)
    return protocol


def _build(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """The record `kind` of `values`, lists as tuples, whole numbers taken where others are expected."""
    hints = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(key, names, 1, 0.4)
            raise ConfigError(f"protocol {where}: unknown key {key!r}, did you mean {(near or names)[0]!r}?")
    if missing := [name for name in names if name not in values]:
        raise ConfigError(f"protocol {where}: expected the key {missing[0]!r}, found none; add it")
    return kind(**{name: _typed(values[name], hints[name], f"{where}: {name}") for name in names})


def _typed(value: Any, hint: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        if not isinstance(value, list) or not value or any(type(each) is not item for each in value):
            raise ConfigError(f"protocol {where}: expected a list of {item.__name__}, got {value!r}; correct it")
        if len(set(value)) != len(value):
            raise ConfigError(f"protocol {where}: expected each once, got {value!r}; correct it")
        return tuple(value)
    if isinstance(origin, type) and issubclass(origin, Mapping) and typing.get_args(hint)[1] is Any:
        if not isinstance(value, dict):
            raise ConfigError(f"protocol {where}: expected a table, got {value!r}; correct it")
        return types.MappingProxyType(dict(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict) or not value or not all(isinstance(each, dict) for each in value.values()):
            raise ConfigError(f"protocol {where}: expected tables, one or more, got {value!r}; correct it")
        return types.MappingProxyType({name: dict(each) for name, each in value.items()})
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ConfigError(f"protocol {where}: expected {hint.__name__}, got {value!r}; correct it")
    return value


def _check(protocol: Protocol, path: Path) -> None:
    for name, held in _FIXED.items():
        if getattr(protocol, name) != held:
            raise ConfigError(
                f"protocol {path}: {name}: expected {held}, which the memory has, got {getattr(protocol, name)}; "
                "correct it"
            )
    if protocol.select_by not in SELECTORS:
        raise ConfigError(
            f"protocol {path}: select_by: expected one of {', '.join(SELECTORS)}, got {protocol.select_by!r}; "
            "correct it"
        )
    parts = [*protocol.train, *protocol.validation, *protocol.test]
    if twice := sorted({name for name in parts if parts.count(name) > 1}):
        raise ConfigError(
            f"protocol {path}: expected each conversation in one of train, validation and test, got {', '.join(twice)} "
            "twice; correct it"
        )
    if protocol.memories_per_speaker < 1:
        raise ConfigError(
            f"protocol {path}: memories_per_speaker: expected 1 or more, got {protocol.memories_per_speaker}; "
            "correct it"
        )
