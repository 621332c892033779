"""What a checkpoint of a family may look like, and one sentence for what it may not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from calibration.quantize import quantize_checkpoint
from export.sources.rotary import rotary_tables
from export.targets.executorch.model import build_program
from export.targets.executorch.weights import RandomWeights
from runtime_py.errors import ConfigError, ExportError
from runtime_py.weights.base import QuantizedBase
from tests.families.models import CONTEXT, MODELS, random_model, write_model

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def checkpoint(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return write_model(tmp_path / "checkpoint", getattr(request, "param", "Gemma 3"))


def _change(checkpoint: Path, **values: Any) -> None:
    path = checkpoint / "config.json"
    config = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_any_dtype_in_any_number_of_files(tmp_path: Path, dtype: str) -> None:
    import torch

    model = random_model("Gemma 3").to(getattr(torch, dtype))
    model.save_pretrained(tmp_path / "one")
    model.save_pretrained(tmp_path / "many", max_shard_size="50KB")
    assert len(list((tmp_path / "many").glob("*.safetensors"))) > 1
    one, many = (quantize_checkpoint(tmp_path / n, tmp_path / f"{n}.base") for n in ("one", "many"))
    assert (one / "base.ptd").read_bytes() == (many / "base.ptd").read_bytes()
    base, stored = QuantizedBase.open(one), model.state_dict()
    assert set(base.names()) == set(stored)
    for name in base.names():
        if "norm" in name:  # w as it is, though the model multiplies by 1 + w
            assert np.array_equal(base.tensor(name), stored[name].float().numpy())


@pytest.mark.parametrize("checkpoint", ["Gemma 2"], indirect=True)
def test_a_gemma_config_that_does_not_say_so_is_tied(checkpoint: Path, tmp_path: Path) -> None:
    _change(checkpoint, tie_word_embeddings=None)
    assert "lm_head.weight" not in QuantizedBase.open(quantize_checkpoint(checkpoint, tmp_path / "base")).names()


ROPE = "expected a rope_type that does not depend on the length"
LOCAL = {"rope_type": "default", "rope_theta": 1e4}


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"model_type": "gemma3"}, r"expected model_type to be one of .*gemma3_text, got 'gemma3'; use another"),
        ({"rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}, rf"{ROPE} .*got 'dynamic'"),
        ({"rope_parameters": None, "rope_scaling": {"type": "longrope"}}, rf"{ROPE} .*got 'longrope'"),
        ({"rope_parameters": {"sliding_attention": LOCAL, "full_attention": {"rope_type": "dynamic"}}}, ROPE),
        ({"layer_types": ["chunked_attention", "full_attention"]}, "layer_types among .*got 'chunked_attention'"),
        ({"use_bidirectional_attention": True}, "expected causal attention, got use_bidirectional_attention true"),
    ],
)
def test_what_no_target_computes_is_refused(
    checkpoint: Path, tmp_path: Path, values: dict[str, Any], match: str
) -> None:
    _change(checkpoint, **values)
    with pytest.raises(ConfigError, match=match):
        quantize_checkpoint(checkpoint, tmp_path / "base")
    assert not (tmp_path / "base").exists()


NORM = "model.layers.1.pre_feedforward_layernorm.weight"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda tensors: tensors.pop(NORM), rf"expected tensor '{NORM}' \[64\], found none"),
        (lambda tensors: tensors.update(extra=tensors[NORM]), "only the tensors of a gemma3_text model, got 'extra'"),
        (
            lambda tensors: tensors.update({NORM: tensors[NORM][:32]}),
            r"expected shape \[64\] by config.json, got \[32\]",
        ),
    ],
)
def test_missing_extra_and_misshapen_tensors_are_refused(
    checkpoint: Path, tmp_path: Path, change: Change, match: str
) -> None:
    tensors = load_file(checkpoint / "model.safetensors")
    change(tensors)
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, checkpoint / "model.safetensors")
    with pytest.raises(ConfigError, match=match):
        quantize_checkpoint(checkpoint, tmp_path / "base")


def test_a_header_without_offsets_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    header = json.dumps({"model.norm.weight": {"dtype": "F32", "shape": [64]}}).encode()
    (checkpoint / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ConfigError, match="expected dtype, shape and data_offsets"):
        quantize_checkpoint(checkpoint, tmp_path / "base")


def test_a_context_beyond_the_models_is_refused() -> None:
    config = MODELS["Gemma 2"]().to_dict()
    with pytest.raises(ExportError, match=f"expected at most the model's {CONTEXT} tokens, got {CONTEXT + 1}"):
        build_program(config, RandomWeights(32, {}), CONTEXT + 1)


def test_rotary_tables_are_one_pair_or_a_pair_for_each_type_of_layer() -> None:
    one, two = (rotary_tables(MODELS[name](), 16) for name in ("Gemma 2", "Gemma 3"))
    assert list(one) == ["rotary.cos", "rotary.sin"]
    assert list(two) == sorted(two)
    assert list(two)[0::2] == ["rotary.full_attention.cos", "rotary.sliding_attention.cos"]
    angles = np.arange(16)[:, None] / 1e4 ** (np.arange(0, 32, 2) / 32)
    np.testing.assert_allclose(two["rotary.sliding_attention.cos"], np.cos(angles), atol=1e-5)
    slow = np.arange(16)[:, None] / 8 / 1e6 ** (np.arange(0, 32, 2) / 32)
    np.testing.assert_allclose(two["rotary.full_attention.sin"], np.sin(slow), atol=1e-5)


def test_a_rotary_table_that_depends_on_the_length_is_refused_at_export_too() -> None:
    config = MODELS["Llama 3.2"]()
    config.rope_parameters = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}
    with pytest.raises(ExportError, match="got 'dynamic'; use another base"):
        rotary_tables(config, 16)
