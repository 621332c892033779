"""Reads a stock PEFT LoRA folder and checks it against a base before any long work."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase, QuantizedTensor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_KEY = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight$")
_BASE_CHANGING_INITS = ("pissa", "olora", "loftq", "corda")
_REFUSED = {
    "use_dora": "DoRA rescales the base's weights",
    "use_rslora": "rsLoRA scales by alpha/sqrt(r)",
    "modules_to_save": "it replaces whole modules",
    "trainable_token_indices": "it replaces rows of the embedding",
    "layers_to_transform": "it names layers that cannot be checked",
    "layer_replication": "it changes the wiring",
    "rank_pattern": "one adapter has one rank",
    "alpha_pattern": "one adapter has one alpha",
    "lora_bias": "biases are part of the base",
    "fan_in_fan_out": "the base stores weights as [N, K]",
}

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ModuleVerdict:
    """What was found for one module (or for a file, when `module` names one): `problem` is None when it is fine."""

    module: str
    rank: int | None
    problem: str | None


@dataclass(frozen=True)
class AdapterWeights:
    """`modules`: module path -> (A `[K, R]`, B `[R, N]` with alpha/r folded in), float32, sorted by path."""

    rank: int
    modules: Mapping[str, tuple[Matrix, Matrix]]


def inspect_adapter(folder: Path, base: Path) -> list[ModuleVerdict]:
    """A verdict for every module that the adapter has or should have, files and settings first.

    Raises `ExportError` only when the folder cannot be read at all, `BundleError` when the base cannot.
    """
    opened = QuantizedBase.open(base)
    config, tensors = _read(folder)
    verdicts = [ModuleVerdict(CONFIG, None, problem) for problem in _config_problems(config)]
    verdicts += [ModuleVerdict("manifest.json", None, problem) for problem in _manifest_problems(folder, opened)]
    pairs, strange = _pairs(tensors)
    verdicts += [ModuleVerdict(name, None, "expected lora_A or lora_B weights only") for name in strange]
    expected = _expected_modules(config, opened)
    for module in sorted(expected | set(pairs)):
        sides = pairs.get(module, {})
        problem = _module_problem(module, sides, int(config["r"]), expected, opened)
        rank = int(sides["A"].shape[0]) if "A" in sides and sides["A"].ndim == 2 else None
        verdicts.append(ModuleVerdict(module, rank, problem))
    return verdicts


def read_adapter(folder: Path, base: Path) -> AdapterWeights:
    """The adapter's matrices, alpha/r folded into B; raises `ExportError` with the first problem."""
    bad = [v for v in inspect_adapter(folder, base) if v.problem]
    if bad:
        more = f" ({len(bad)} problems in all; see memlora inspect)" if len(bad) > 1 else ""
        raise ExportError(f"{folder}: {bad[0].module}: {bad[0].problem}{more}")
    config, tensors = _read(folder)
    scale = np.float32(config["lora_alpha"] / config["r"])
    pairs, _ = _pairs(tensors)
    modules = {
        module: (np.ascontiguousarray(sides["A"].T), np.ascontiguousarray(sides["B"].T) * scale)
        for module, sides in sorted(pairs.items())
    }
    return AdapterWeights(int(config["r"]), modules)


def linear_modules(base: QuantizedBase) -> list[str]:
    """Module paths that an adapter may target: every int4 matrix but the embedding and the head."""
    ends = ("embed_tokens.weight", "lm_head.weight")
    return [
        name.removesuffix(".weight")
        for name, entry in base.tensors.items()
        if isinstance(entry, QuantizedTensor) and not name.endswith(ends)
    ]


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Matrix]]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ExportError(f"{folder}: expected a PEFT adapter with {name}, found none")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = {name: tensor.float().numpy() for name, tensor in load_file(folder / WEIGHTS).items()}
    except (ValueError, SafetensorError) as e:
        raise ExportError(f"{folder}: expected a readable PEFT adapter, got damaged files ({e}); train it again") from e
    if config.get("peft_type") != "LORA":
        raise ExportError(f"{folder}: expected a LoRA adapter, got peft_type {config.get('peft_type')!r}")
    for key in ("r", "lora_alpha", "target_modules"):
        if not config.get(key):
            raise ExportError(f"{folder / CONFIG}: expected {key!r}, found none")
    return config, tensors


def _config_problems(config: Mapping[str, Any]) -> list[str]:
    problems = [f"expected no {key}, got {config[key]!r}: {why}" for key, why in _REFUSED.items() if config.get(key)]
    if config.get("bias", "none") != "none":
        problems.append(f"expected bias 'none', got {config['bias']!r}: biases are part of the base")
    init = config.get("init_lora_weights", True)
    if isinstance(init, str) and init.lower().startswith(_BASE_CHANGING_INITS):
        problems.append(
            f"expected weights for the base as it is, got init_lora_weights {init!r}, which changes the base"
        )
    return problems


def _manifest_problems(folder: Path, base: QuantizedBase) -> list[str]:
    path = folder / "manifest.json"
    if not path.is_file():
        return []
    manifest = json.loads(path.read_text(encoding="utf-8"))
    places = (manifest, manifest.get("facts", {}), manifest.get("config", {}))
    named = {place["base_sha256"] for place in places if place.get("base_sha256")}
    return [
        f"expected an adapter for base {base.sha256}, got one for {other}" for other in sorted(named - {base.sha256})
    ]


def _pairs(tensors: Mapping[str, Matrix]) -> tuple[dict[str, dict[str, Matrix]], list[str]]:
    pairs: dict[str, dict[str, Matrix]] = {}
    strange = []
    for name, tensor in tensors.items():
        match = _KEY.match(name)
        if match:
            pairs.setdefault(match["module"], {})[match["side"]] = tensor
        else:
            strange.append(name)
    return pairs, sorted(strange)


def _expected_modules(config: Mapping[str, Any], base: QuantizedBase) -> set[str]:
    """PEFT's rule: a text is a regex for the whole path, a list names the ends of paths."""
    targets = config["target_modules"]
    if isinstance(targets, str):
        pattern = ".*" if targets == "all-linear" else targets
        return {module for module in linear_modules(base) if re.fullmatch(pattern, module)}
    return {m for m in linear_modules(base) if any(m == t or m.endswith(f".{t}") for t in targets)}


def _module_problem(
    module: str, sides: Mapping[str, Matrix], rank: int, expected: set[str], base: QuantizedBase
) -> str | None:
    if module not in linear_modules(base):
        return "expected a linear module of the base, got a foreign one"
    if module not in expected:
        return "expected a module named by target_modules, got another one"
    for side in ("A", "B"):
        if side not in sides:
            return f"expected lora_{side}, found none"
    rows, columns = base.tensors[f"{module}.weight"].shape
    for side, shape in (("A", (rank, columns)), ("B", (rows, rank))):
        if sides[side].shape != shape:
            return f"expected lora_{side} of shape {list(shape)}, got {list(sides[side].shape)}"
        if not np.isfinite(sides[side]).all():
            return f"expected finite numbers in lora_{side}, got NaN or infinity"
    if not sides["B"].any():
        return "expected a trained lora_B, got only zeros: the adapter has no effect here"
    return None
