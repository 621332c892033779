"""Adapters are checked, module by module, before any long work."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from calibration.quantize import quantize_checkpoint
from export.sources.adapter import adapter_identity, inspect_adapter, read_adapter
from runtime_py.errors import ExportError
from runtime_py.weights.base import QuantizedBase

PREFIX = "base_model.model.model.layers.0.self_attn."
Tensors = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


def _altered(adapters: Path, folder: Path, change: Callable[[Tensors], object], **config: Any) -> Path:
    shutil.copytree(adapters / "extract", folder)
    tensors = dict(load_file(folder / "adapter_model.safetensors"))
    change(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")
    values = json.loads((folder / "adapter_config.json").read_text()) | config
    (folder / "adapter_config.json").write_text(json.dumps(values))
    return folder


def test_a_stock_adapter_is_fine_and_folded(adapters: Path, base: Path) -> None:
    assert all(v.problem is None and v.rank == 8 for v in inspect_adapter(adapters / "generate", base))
    weights = read_adapter(adapters / "generate", base)
    assert len(weights.modules) == 14
    raw = load_file(adapters / "generate" / "adapter_model.safetensors")
    a, b = weights.modules["model.layers.0.self_attn.q_proj"]
    np.testing.assert_array_equal(a, raw[f"{PREFIX}q_proj.lora_A.weight"].T)
    np.testing.assert_array_equal(b, raw[f"{PREFIX}q_proj.lora_B.weight"].T * 2)  # alpha 16 over rank 8


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("use_dora", True),
        ("modules_to_save", ["lm_head"]),
        ("bias", "all"),
        ("init_lora_weights", "pissa"),
        ("init_lora_weights", "lora_ga"),
        ("alora_invocation_tokens", [300, 301]),
        ("target_parameters", ["mlp.up_proj.weight"]),
        ("use_qalora", True),
        ("arrow_config", {"top_k": 3}),
        ("a_setting_of_tomorrow", "on"),
    ],
)
def test_settings_that_change_more_than_lora_are_refused(
    adapters: Path, base: Path, tmp_path: Path, key: str, value: Any
) -> None:
    with pytest.raises(ExportError, match=key):
        read_adapter(_altered(adapters, tmp_path / "a", lambda _: None, **{key: value}), base)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.pop(f"{PREFIX}q_proj.lora_B.weight"), "expected lora_B, found none"),
        (lambda t: [t.pop(f"{PREFIX}v_proj.lora_{s}.weight") for s in "AB"], "expected lora_A, found none"),
        (lambda t: t[f"{PREFIX}q_proj.lora_B.weight"].fill(0), "only zeros"),
        (lambda t: t[f"{PREFIX}q_proj.lora_A.weight"].fill(np.nan), "NaN"),
        (lambda t: t.update({f"{PREFIX}q_proj.lora_A.weight": np.ones((8, 64), np.float32)}), r"shape \[8, 128\]"),
        (lambda t: t.update({f"{PREFIX}x_proj.lora_A.weight": np.ones((8, 128), np.float32)}), "foreign"),
        (lambda t: t.update({f"{PREFIX}o_proj.lora_A.weight": np.ones((8, 128), np.float32)}), "target_modules"),
        (lambda t: t.update({f"{PREFIX}q_proj.bias": np.ones(128, np.float32)}), "lora_A or lora_B"),
    ],
)
def test_wrong_tensors_are_refused(
    adapters: Path, base: Path, tmp_path: Path, change: Callable[[Tensors], object], match: str
) -> None:
    with pytest.raises(ExportError, match=match):
        read_adapter(_altered(adapters, tmp_path / "a", change), base)


def test_an_adapter_of_another_base_is_refused(adapters: Path, base: Path, tmp_path: Path) -> None:
    folder = _altered(adapters, tmp_path / "a", lambda _: None)
    (folder / "manifest.json").write_text(json.dumps({"facts": {"base_sha256": "0" * 64}}))
    with pytest.raises(ExportError, match=QuantizedBase.open(base).sha256):
        read_adapter(folder, base)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("manifest.json", "{", "manifest.json: expected JSON, got damaged text"),
        ("manifest.json", "[]", "manifest.json: expected a JSON object, got list"),
        ("adapter_config.json", "[]", "expected a readable PEFT adapter, got damaged files"),
    ],
)
def test_damaged_files_beside_the_weights_are_one_sentence(
    adapters: Path, base: Path, tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder = _altered(adapters, tmp_path / "a", lambda _: None)
    (folder / name).write_text(text)
    with pytest.raises(ExportError, match=message):
        read_adapter(folder, base)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("r", 0),
        ("r", True),
        ("lora_alpha", float("inf")),
        ("rank_pattern", {"q_proj": "4"}),
        ("alpha_pattern", ["q_proj"]),
        ("target_modules", []),
        ("target_modules", "q_proj("),
        ("exclude_modules", 5),
        ("layers_to_transform", ["1"]),
    ],
)
def test_settings_of_another_type_are_refused_by_name(
    adapters: Path, base: Path, tmp_path: Path, key: str, value: Any
) -> None:
    with pytest.raises(ExportError, match=rf"adapter_config\.json: expected {key}"):
        inspect_adapter(_altered(adapters, tmp_path / "a", lambda _: None, **{key: value}), base)


def test_settings_that_adapt_nothing_are_refused(adapters: Path, base: Path, tmp_path: Path) -> None:
    folder = _altered(adapters, tmp_path / "a", lambda t: t.clear(), target_modules=["other_proj"])
    with pytest.raises(ExportError, match="settings that adapt a linear of the base, got none"):
        read_adapter(folder, base)


@pytest.mark.parametrize(
    "scaling",
    [
        {"lora_alpha": 32},
        {"use_rslora": True},
        {"rank_pattern": {"v_proj": 4}},
        {"alpha_pattern": {"v_proj": 4}},
        {"alpha_pattern": {"v_proj": 8}},
    ],
)
def test_equal_weights_of_another_scale_are_another_adapter(tmp_path: Path, scaling: dict[str, Any]) -> None:
    """What one computed and an engine keeps is never taken for the other's."""

    def written(name: str, **config: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        save_file({f"{PREFIX}v_proj.lora_A.weight": np.ones((8, 16), np.float32)}, folder / "adapter_model.safetensors")
        settings = {"r": 8, "lora_alpha": 16, "target_modules": ["v_proj"]} | config
        (folder / "adapter_config.json").write_text(json.dumps(settings))
        return folder

    identity = adapter_identity(written("one"))
    assert adapter_identity(written("copy", base_model_name_or_path="elsewhere")) == identity
    assert adapter_identity(written("scaled", **scaling)) != identity


def test_an_identity_needs_a_readable_adapter(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="expected a PEFT adapter with adapter_config"):
        adapter_identity(tmp_path)
