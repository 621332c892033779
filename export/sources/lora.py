"""What a PEFT `adapter_config.json` says about each linear: whether it is adapted, its rank and its scale.

Module paths are those inside the model (`model.layers.0.self_attn.q_proj`). The rules are PEFT's own.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime_py.errors import ExportError

HARMLESS_INITS = ("gaussian", "eva", "orthogonal", "mica")
"""Ways to start training that leave the base as it is; the others change its weights."""
_NOTES = (
    "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "eva_config", "inference_mode", "lora_dropout",
    "megatron_core", "peft_type", "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
)  # fmt: skip
"""Settings that change nothing of what a trained adapter computes, or only together with one that is refused."""
_READ = (
    "r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules",
    "layers_to_transform", "layers_pattern", "bias", "init_lora_weights",
)  # fmt: skip
_WHY = {
    "use_dora": "DoRA rescales the base's weights",
    "modules_to_save": "it replaces whole modules",
    "trainable_token_indices": "it replaces rows of the embedding",
    "layer_replication": "it changes the wiring",
    "lora_bias": "biases are part of the base",
    "fan_in_fan_out": "the base stores weights as [N, K]",
    "alora_invocation_tokens": "an activated LoRA acts only after these tokens",
    "target_parameters": "it adapts parameters that are no linears",
}
_UNKNOWN = "its effect is not exported"


@dataclass(frozen=True)
class LoraSettings:
    """A checked `adapter_config.json`; `targets` and `excluded` as PEFT has them: a regex, or the ends of paths."""

    rank: int
    alpha: float
    root_scaled: bool
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]
    targets: str | tuple[str, ...]
    excluded: str | tuple[str, ...]
    layers: tuple[int, ...]
    layer_lists: tuple[str, ...]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "LoraSettings":
        """Raises `ExportError` for a setting that is missing or of another type."""
        layers = config.get("layers_to_transform")
        if layers is not None and not all(type(n) is int for n in (layers if isinstance(layers, list) else [layers])):
            raise ExportError(f"expected layers_to_transform as numbers, got {layers!r}; train the adapter again")
        lists = _names(config, "layers_pattern")
        targets = _names(config, "target_modules")
        if not targets:
            raise ExportError(f"expected target_modules, got {config.get('target_modules')!r}; train the adapter again")
        return cls(
            rank=_rank(config.get("r"), "r"),
            alpha=_number(config.get("lora_alpha"), "lora_alpha"),
            root_scaled=bool(config.get("use_rslora")),
            ranks={key: _rank(n, "rank_pattern") for key, n in _pattern(config, "rank_pattern").items()},
            alphas={key: _number(x, "alpha_pattern") for key, x in _pattern(config, "alpha_pattern").items()},
            targets=targets,
            excluded=_names(config, "exclude_modules"),
            layers=() if layers is None else (layers,) if isinstance(layers, int) else tuple(layers),
            layer_lists=(lists,) if isinstance(lists, str) else tuple(lists),
        )

    def adapts(self, module: str) -> bool:
        """Whether the linear at path `module` has an adapter."""
        if self.excluded and _matches(self.excluded, module):
            return False
        if self.targets == "all-linear":
            return True
        if not _matches(self.targets, module):
            return False
        return not self.layers or _layer(module, self.layer_lists) in self.layers

    def rank_of(self, module: str) -> int:
        """R of the linear at path `module`."""
        return self.ranks.get(_key(self.ranks, module), self.rank)

    def scale_of(self, module: str) -> float:
        """What B A is multiplied by: alpha / R, or alpha / sqrt(R) in an rsLoRA."""
        alpha, rank = self.alphas.get(_key(self.alphas, module), self.alpha), self.rank_of(module)
        return alpha / math.sqrt(rank) if self.root_scaled else alpha / rank


def config_problems(config: Mapping[str, Any]) -> list[str]:
    """Every setting that makes more than a plain LoRA of an adapter, one sentence each."""
    known = {*_NOTES, *_READ}
    problems = [
        f"expected no {key}, got {str(value)[:80]}: {_WHY.get(key, _UNKNOWN)}"
        for key, value in config.items()
        if key not in known and value not in (None, False, [], {}, "")
    ]
    if config.get("bias", "none") != "none":
        problems.append(f"expected bias 'none', got {config['bias']!r}: biases are part of the base")
    init = config.get("init_lora_weights", True)
    if not isinstance(init, bool) and str(init).lower() not in HARMLESS_INITS:
        problems.append(
            f"expected weights for the base as it is, got init_lora_weights {init!r}, which changes the base"
        )
    if isinstance(config.get("target_modules"), str) and config.get("layers_to_transform") is not None:
        problems.append("expected layers_to_transform beside a list of target_modules, got a text")
    return problems


def _matches(names: str | tuple[str, ...], module: str) -> bool:
    """A text is a regex for the whole path, a list names the ends of paths."""
    if isinstance(names, str):
        return re.fullmatch(names, module) is not None
    return any(module == name or module.endswith(f".{name}") for name in names)


def _layer(module: str, lists: Sequence[str]) -> int | None:
    """The first number in a path, or the one after the first of `lists` that is in it."""
    patterns = [rf"(?:^|.*?\.){name}\.(\d+)\." for name in lists] or [r".*?\.[^.]*\.(\d+)\."]
    found = (re.match(pattern, module) for pattern in patterns)
    return next((int(match[1]) for match in found if match), None)


def _key(patterns: Mapping[str, Any], module: str) -> str:
    """The first pattern that is the end of a path."""
    return next((key for key in patterns if re.match(rf"(.*\.)?({key})$", module)), module)


def _names(config: Mapping[str, Any], key: str) -> str | tuple[str, ...]:
    names = config.get(key) or ()
    if isinstance(names, str):
        _check_regex(names, key)
        return names
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise ExportError(f"expected {key} as a text or a list of names, got {names!r}; train the adapter again")
    return tuple(names)


def _pattern(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    pattern = config.get(key) or {}
    if not isinstance(pattern, Mapping):
        raise ExportError(f"expected {key} as names with numbers, got {pattern!r}; train the adapter again")
    for name in pattern:
        _check_regex(name, key)
    return pattern


def _check_regex(text: str, key: str) -> None:
    try:
        re.compile(text)
    except re.error as e:
        raise ExportError(f"expected {key} as a regular expression, got {text!r} ({e}); train the adapter again") from e


def _rank(value: Any, key: str) -> int:
    if type(value) is not int or value < 1:
        raise ExportError(f"expected {key} as a whole number from 1 on, got {value!r}; train the adapter again")
    return value


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ExportError(f"expected {key} as a number, got {value!r}; train the adapter again")
    return float(value)
