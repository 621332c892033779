"""Reads a stock PEFT LoRA folder and checks it against a base before any long work."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.sources.lora import LoraSettings, config_problems
from runtime_py.errors import ExportError
from runtime_py.files import sha256_file
from runtime_py.weights import QuantizedBase, QuantizedTensor

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_KEY = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight$")
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ModuleVerdict:
    """What was found for one module (or for a file, when `module` names one): `problem` is None when it is fine."""

    module: str
    rank: int | None
    problem: str | None


@dataclass(frozen=True)
class AdapterWeights:
    """`modules`: module path -> (A `[K, R]`, B `[R, N]` with its scale folded in), float32, sorted by path.

    R may be another one at every module.
    """

    modules: Mapping[str, tuple[Matrix, Matrix]]

    @property
    def ranks(self) -> dict[str, int]:
        """R of every adapted module."""
        return {module: int(a.shape[1]) for module, (a, _) in self.modules.items()}


def inspect_adapter(folder: Path, base: Path) -> list[ModuleVerdict]:
    """A verdict for every module that the adapter has or should have, files and settings first.

    Raises `ExportError` only when the folder cannot be read at all, `BundleError` when the base cannot.
    """
    opened = QuantizedBase.open(base)
    config, settings, tensors = _read(folder)
    verdicts = [ModuleVerdict(CONFIG, None, problem) for problem in config_problems(config)]
    verdicts += [ModuleVerdict("manifest.json", None, problem) for problem in _manifest_problems(folder, opened)]
    pairs, strange = _pairs(tensors)
    verdicts += [ModuleVerdict(name, None, "expected lora_A or lora_B weights only") for name in strange]
    linears = set(linear_modules(opened))
    expected = {module for module in linears if settings.adapts(module)}
    if not expected:
        verdicts.append(ModuleVerdict(CONFIG, None, "expected settings that adapt a linear of the base, got none"))
    for module in sorted(expected | set(pairs)):
        sides = pairs.get(module, {})
        if module not in linears:
            problem: str | None = "expected a linear module of the base, got a foreign one"
        elif module not in expected:
            problem = "expected a module that target_modules and its like name, got another one"
        else:
            problem = _module_problem(sides, settings.rank_of(module), opened.tensors[f"{module}.weight"].shape)
        rank = int(sides["A"].shape[0]) if "A" in sides and sides["A"].ndim == 2 else None
        verdicts.append(ModuleVerdict(module, rank, problem))
    return verdicts


def read_adapter(folder: Path, base: Path) -> AdapterWeights:
    """The adapter's matrices, their scale folded into B; raises `ExportError` with the first problem."""
    bad = [v for v in inspect_adapter(folder, base) if v.problem]
    if bad:
        more = f" ({len(bad)} problems in all; see memlora inspect)" if len(bad) > 1 else ""
        raise ExportError(f"{folder}: {bad[0].module}: {bad[0].problem}{more}")
    _, settings, tensors = _read(folder)
    pairs, _ = _pairs(tensors)
    return AdapterWeights(
        {
            module: (
                np.ascontiguousarray(sides["A"].T),
                np.ascontiguousarray(sides["B"].T) * np.float32(settings.scale_of(module)),
            )
            for module, sides in sorted(pairs.items())
        }
    )


def adapter_identity(folder: Path) -> str:
    """Hex sha256 of the weights file and of the settings that scale it: equal only for adapters that compute the same.

    Raises `ExportError` when the folder cannot be read.
    """
    settings = LoraSettings.read(_config(folder))
    ranks, alphas = list(settings.ranks.items()), list(settings.alphas.items())  # the first pattern that fits counts
    scaling = [settings.rank, settings.alpha, settings.root_scaled, ranks, alphas]
    return hashlib.sha256(json.dumps([sha256_file(folder / WEIGHTS), scaling]).encode()).hexdigest()


def linear_modules(base: QuantizedBase) -> list[str]:
    """Module paths that an adapter may target: every int4 matrix but the embedding and the head."""
    ends = ("embed_tokens.weight", "lm_head.weight")
    return [
        name.removesuffix(".weight")
        for name, entry in base.tensors.items()
        if isinstance(entry, QuantizedTensor) and not name.endswith(ends)
    ]


def _read(folder: Path) -> tuple[dict[str, Any], LoraSettings, dict[str, Matrix]]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = _config(folder)
    try:
        tensors = {name: tensor.float().numpy() for name, tensor in load_file(folder / WEIGHTS).items()}
    except (ValueError, SafetensorError) as e:
        raise _damaged(folder, e) from e
    if config.get("peft_type") != "LORA":
        raise ExportError(f"{folder}: expected a LoRA adapter, got peft_type {config.get('peft_type')!r}")
    try:
        return config, LoraSettings.read(config), tensors
    except ExportError as e:
        raise ExportError(f"{folder / CONFIG}: {e}") from e


def _config(folder: Path) -> dict[str, Any]:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ExportError(f"{folder}: expected a PEFT adapter with {name}, found none")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError(f"{CONFIG} holds no object but a {type(config).__name__}")
    except ValueError as e:
        raise _damaged(folder, e) from e
    return config


def _damaged(folder: Path, error: Exception) -> ExportError:
    return ExportError(f"{folder}: expected a readable PEFT adapter, got damaged files ({error}); train it again")


def _manifest_problems(folder: Path, base: QuantizedBase) -> list[str]:
    path = folder / "manifest.json"
    if not path.is_file():
        return []
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as e:
        return [f"expected JSON, got damaged text ({e}): train the adapter again"]
    if not isinstance(manifest, dict):
        return [f"expected a JSON object, got {type(manifest).__name__}: train the adapter again"]
    places = [place for place in (manifest, *manifest.values()) if isinstance(place, dict)]
    named = {str(place["base_sha256"]) for place in places if place.get("base_sha256")}
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


def _module_problem(sides: Mapping[str, Matrix], rank: int, weight: tuple[int, ...]) -> str | None:
    """What is wrong with A `[R, K]` and B `[N, R]` of a linear whose weight is `[N, K]`."""
    for side in ("A", "B"):
        if side not in sides:
            return f"expected lora_{side}, found none"
    rows, columns = weight
    for side, shape in (("A", (rank, columns)), ("B", (rows, rank))):
        if sides[side].shape != shape:
            return f"expected lora_{side} of shape {list(shape)}, got {list(sides[side].shape)}"
        if not np.isfinite(sides[side]).all():
            return f"expected finite numbers in lora_{side}, got NaN or infinity"
    if not sides["B"].any():
        return "expected a trained lora_B, got only zeros: the adapter has no effect here"
    return None
