"""How one expert is trained: a frozen record, read from a preset and a TOML file."""

import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.operations.operation import LoraTargets

PRESETS = Path(__file__).with_name("presets")
KIND = "adapter"
WEIGHTS = "adapter_model.safetensors"
BasePrecision = Literal["int4", "bf16"]


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides an expert's weights besides the base and the data.

    Lengths are in tokens, `batch_size` in sequences over all processes, `evaluate_every` in optimizer steps; a training
    run ends at `steps`, after `epochs`, or when the validation loss has not improved for `patience` evaluations.
    """

    rank: int = 8
    alpha: int = 16
    dropout: float = 0.1
    targets: LoraTargets | None = None  # None: the operation's own placement
    first_layer: int = 0  # layers below carry no adapter, so no gradient flows through them
    learning_rate: float = 2e-4
    schedule: Literal["linear", "cosine", "constant"] = "cosine"
    warmup_fraction: float = 0.03
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    batch_size: int = 16
    gradient_accumulation: int = 1
    steps: int = 1000
    epochs: int = 50
    evaluate_every: int = 100
    patience: int = 5
    validation_rows: int = 512
    max_tokens: int | None = None  # None: the base's context length
    pack_tokens: int | None = None  # rows that begin alike share a sequence of at most so many; None: each has its own
    precision: Literal["fp32", "bf16"] = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        positive = ("rank", "alpha", "batch_size", "gradient_accumulation", "steps", "epochs", "evaluate_every")
        for name in (*positive, "patience", "validation_rows", "learning_rate"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: expected more than 0, got {getattr(self, name)}")
        for name in ("dropout", "warmup_fraction", "beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected 0 or more and less than 1, got {getattr(self, name)}")
        for name in ("weight_decay", "max_grad_norm", "seed", "first_layer"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}: expected 0 or more, got {getattr(self, name)}")
        if self.max_tokens is not None and self.max_tokens < 2:
            raise ConfigError(f"max_tokens: expected at least 2, got {self.max_tokens}")
        if self.pack_tokens is not None and self.pack_tokens < 2:
            raise ConfigError(f"pack_tokens: expected at least 2, got {self.pack_tokens}")
        if self.batch_size % self.gradient_accumulation:
            raise ConfigError(
                f"batch_size: expected a multiple of gradient_accumulation {self.gradient_accumulation}, "
                f"got {self.batch_size}"
            )


def preset_names() -> list[str]:
    """Names of the shipped presets, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_config(operation: str, preset: str = "full", file: Path | None = None, **overrides: Any) -> TrainingConfig:
    """The preset, then the TOML file, then the overrides; a table named like an operation holds for it alone.

    Raises `ConfigError` for an unknown preset, key or operation, a wrong type, or a file that is not TOML.
    """
    operations.get(operation)
    if preset not in preset_names():
        raise ConfigError(f"unknown preset: expected one of {', '.join(preset_names())}, got {preset!r}")
    config = _apply(TrainingConfig(), operation, _read_toml(PRESETS / f"{preset}.toml"), f"preset {preset}")
    if file is not None:
        config = _apply(config, operation, _read_toml(file), str(file))
    return replace(config, **_checked(overrides, "options"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise ConfigError(f"training config {path}: expected a TOML file, found none") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"training config {path}: expected TOML, got {e}") from e


def _apply(config: TrainingConfig, operation: str, tree: Mapping[str, Any], where: str) -> TrainingConfig:
    tables = {key: value for key, value in tree.items() if isinstance(value, dict)}
    for name, table in tables.items():
        if name not in operations.all_names():
            raise ConfigError(f"{where}: unknown table [{name}]{_nearest(name, operations.all_names())}")
        _checked(table, f"{where} [{name}]")
    general = {key: value for key, value in tree.items() if key not in tables}
    return replace(config, **_checked(general, where) | _checked(tables.get(operation, {}), where))


def _checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values with their types checked; an int is taken where a float is expected."""
    hints = typing.get_type_hints(TrainingConfig)
    known = [field.name for field in fields(TrainingConfig)]
    checked = {}
    for key, value in values.items():
        if key not in hints:
            raise ConfigError(f"{where}: unknown key {key!r}{_nearest(key, known)}")
        allowed = _allowed(hints[key])
        if float in allowed and type(value) is int:
            value = float(value)
        if type(value) not in allowed and value not in allowed:
            names = ", ".join(a.__name__ if isinstance(a, type) else repr(a) for a in allowed)
            raise ConfigError(f"{where}: {key}: expected {names}, got {value!r}")
        checked[key] = value
    return checked


def _allowed(hint: Any) -> list[Any]:
    """Types and literal values that a field may hold."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return [a for part in typing.get_args(hint) for a in _allowed(part)]
    if typing.get_origin(hint) is Literal:
        return list(typing.get_args(hint))
    return [hint]


def _nearest(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    return f", did you mean {found[0]!r}?" if found else f", expected one of {', '.join(known)}"
