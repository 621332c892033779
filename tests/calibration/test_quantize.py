"""Quantizing a checkpoint: bytes, reader, kernels' own packing, refusals."""

import hashlib
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from calibration.families import tensor_groups
from calibration.int4 import quantize_rows, round_to_bf16, widen_bf16
from calibration.quantize import best_group_size, quantize_checkpoint
from runtime_py.errors import BundleError, ConfigError
from runtime_py.weights import INDEX, Int4Tensor, QuantizedBase
from runtime_py.weights.index import RawTensor

Q_PROJ = "model.layers.0.self_attn.q_proj.weight"


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


def _altered(checkpoint: Path, folder: Path, **config: Any) -> Path:
    shutil.copytree(checkpoint, folder)
    values = json.loads((folder / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(values))
    return folder


def test_same_bytes_on_every_run(base: Path, checkpoint: Path, tmp_path: Path) -> None:
    again = quantize_checkpoint(checkpoint, tmp_path / "base")
    for name in ("base.ptd", INDEX, "errors.json", "manifest.json"):
        assert (again / name).read_bytes() == (base / name).read_bytes()


def test_a_rerun_leaves_a_current_base_alone(base: Path, checkpoint: Path) -> None:
    before = (base / "base.ptd").stat().st_mtime_ns
    quantize_checkpoint(checkpoint, base)
    assert (base / "base.ptd").stat().st_mtime_ns == before


def test_values_are_within_half_a_step(base: Path, checkpoint: Path) -> None:
    opened, weights = QuantizedBase.open(base), load_file(checkpoint / "model.safetensors")
    opened.verify()
    for name, entry in opened.tensors.items():
        difference = np.abs(opened.tensor(name) - weights[name])
        if isinstance(entry, Int4Tensor):
            steps = np.repeat(opened.scales(name), opened.group_size, axis=1)
            assert (difference <= 0.54 * steps).all()  # half a step, and the extremes by bf16's 2^-8 of 7.5 steps more
        else:
            assert not difference.any()


def test_keys_are_the_hashes_that_the_lowering_looks_up(base: Path) -> None:
    data = (base / "base.ptd").read_bytes()
    for entry in QuantizedBase.open(base).tensors.values():
        windows = (entry.data,) if isinstance(entry, RawTensor) else (entry.codes, entry.scales)
        for window in windows:
            assert hashlib.sha256(data[window.offset : window.offset + window.length]).hexdigest() == window.key


def test_executorch_reads_the_file(base: Path) -> None:
    from executorch.extension.flat_tensor.serialize.serialize import FlatTensorSerializer

    payload = FlatTensorSerializer().deserialize((base / "base.ptd").read_bytes())
    entry = QuantizedBase.open(base).tensors[Q_PROJ]
    assert isinstance(entry, Int4Tensor)
    blobs = {key: bytes(payload.buffers[e.buffer_index]) for key, e in payload.named_data.items()}
    assert blobs[entry.codes.key] == blobs[f"{Q_PROJ}.codes"]
    assert blobs[f"scale_{entry.scales.key}"] == blobs[f"{Q_PROJ}.scales"]
    assert payload.named_data[f"{Q_PROJ}.codes"].tensor_layout.sizes == [128, 64]


def test_scales_are_torchaos_and_given_them_so_are_the_codes_packed_by_xnnpack(base: Path, checkpoint: Path) -> None:
    """torchao itself takes the codes before it rounds the scale to bf16, so some of them differ by 1."""
    import torch
    from executorch.backends.xnnpack.operators.node_visitor import NodeVisitor
    from torchao.quantization import IntxUnpackedToInt8Tensor, quantize_
    from torchao.quantization.granularity import PerGroup
    from torchao.quantization.quant_api import Int8DynamicActivationIntxWeightConfig

    int4: Any = vars(torch)["int4"]  # torch's stubs do not know it
    weight = torch.from_numpy(load_file(checkpoint / "model.safetensors")[Q_PROJ])
    layer: Any = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight = torch.nn.Parameter(weight.clone())
    config = Int8DynamicActivationIntxWeightConfig(weight_dtype=int4, weight_granularity=PerGroup(32))
    quantize_(layer, config)
    opened = QuantizedBase.open(base)
    scales = torch.from_numpy(opened.scales(Q_PROJ))
    assert torch.equal(layer.weight.scale.bfloat16().float(), scales)
    given = IntxUnpackedToInt8Tensor.from_hp(
        weight,
        (1, 32),
        int4,
        intx_choose_qparams_algorithm=None,
        custom_scale=scales,
        custom_zero_point=torch.zeros_like(scales, dtype=torch.int8),
    )
    packed = NodeVisitor.convert_to_qc4w(given.qdata).numpy()
    assert np.array_equal(opened.codes(Q_PROJ), packed)


def test_fused_projections_lie_side_by_side(base: Path) -> None:
    opened = QuantizedBase.open(base)
    for layer, names in (("self_attn", "qkv"), ("mlp", ("gate", "up"))):
        entries = [opened.tensors[f"model.layers.1.{layer}.{n}_proj.weight"] for n in names]
        for first, second in itertools.pairwise(entries):
            assert isinstance(first, Int4Tensor)
            assert isinstance(second, Int4Tensor)
            assert first.codes.offset + first.codes.length == second.codes.offset
            assert first.scales.offset + first.scales.length == second.scales.offset


@pytest.mark.parametrize("group_size", [64, 128])
def test_group_sizes(checkpoint: Path, tmp_path: Path, group_size: int) -> None:
    opened = QuantizedBase.open(quantize_checkpoint(checkpoint, tmp_path / "base", group_size))
    assert opened.scales(Q_PROJ).shape == (128, 128 // group_size)
    original = load_file(checkpoint / "model.safetensors")[Q_PROJ]
    assert np.linalg.norm(opened.dequantize(Q_PROJ) - original) < 0.15 * np.linalg.norm(original)


def test_the_search_never_errs_more_than_rounding(checkpoint: Path, tmp_path: Path) -> None:
    folder = quantize_checkpoint(checkpoint, tmp_path / "base", scale_search="mse")
    rows = json.loads((folder / "errors.json").read_text())["tensors"]
    assert all(row["chosen"]["relative"] <= row["rtn"]["relative"] for row in rows)
    assert any(row["chosen"]["relative"] < row["rtn"]["relative"] for row in rows)


def test_bf16_rounding_is_torchs() -> None:
    import torch

    values = np.random.default_rng(0).standard_normal(4096).astype(np.float32)
    assert np.array_equal(widen_bf16(round_to_bf16(values)), torch.from_numpy(values).bfloat16().float().numpy())


def test_a_group_of_zeros_stays_zero() -> None:
    quantized = quantize_rows(np.zeros((2, 64), np.float32), 32, "mse")
    assert (quantized.codes == 0x88).all()
    assert (widen_bf16(quantized.scales) > 0).all()


def test_sharded_bf16_equals_single_bf16(checkpoint: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype="bfloat16")
    model.save_pretrained(tmp_path / "one")
    model.save_pretrained(tmp_path / "many", max_shard_size="100KB")
    assert len(list((tmp_path / "many").glob("*.safetensors"))) > 1
    one, many = (quantize_checkpoint(tmp_path / n, tmp_path / f"{n}.base") for n in ("one", "many"))
    assert (one / "base.ptd").read_bytes() == (many / "base.ptd").read_bytes()


@pytest.mark.parametrize(
    ("hidden", "ffn", "expected"), [(896, 4864, 128), (576, 1536, 64), (544, 1536, 32), (256, 512, 32)]
)
def test_groups_are_as_large_as_rows_allow(checkpoint: Path, hidden: int, ffn: int, expected: int) -> None:
    config = json.loads((checkpoint / "config.json").read_text()) | {"hidden_size": hidden, "intermediate_size": ffn}
    assert best_group_size(tensor_groups(config)) == expected


def test_columns_that_do_not_divide_name_the_tensor(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"model\.embed_tokens\.weight.*groups of 256, got 128"):
        quantize_checkpoint(checkpoint, tmp_path / "base", 256)
    assert not list(tmp_path.iterdir())


def test_an_unknown_family_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    source = _altered(checkpoint, tmp_path / "source", model_type="gpt2")
    with pytest.raises(ConfigError, match=r"model_type.*'gpt2'"):
        quantize_checkpoint(source, tmp_path / "base")


@pytest.mark.parametrize(
    ("layers", "match"), [(3, r"expected tensor 'model\.layers\.2"), (1, "only the tensors of a qwen2")]
)
def test_missing_and_extra_tensors_are_refused(checkpoint: Path, tmp_path: Path, layers: int, match: str) -> None:
    source = _altered(checkpoint, tmp_path / "source", num_hidden_layers=layers)
    with pytest.raises(ConfigError, match=match):
        quantize_checkpoint(source, tmp_path / "base")


@pytest.mark.parametrize("kept", [0, 7, 100, 0.5])
def test_a_truncated_checkpoint_is_refused(checkpoint: Path, tmp_path: Path, kept: float) -> None:
    source = _altered(checkpoint, tmp_path / "source")
    data = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(data[: int(kept * len(data)) if kept == 0.5 else int(kept)])
    with pytest.raises(ConfigError, match="truncated"):
        quantize_checkpoint(source, tmp_path / "base")


def test_a_nan_is_refused_and_nothing_stays(checkpoint: Path, tmp_path: Path) -> None:
    source = _altered(checkpoint, tmp_path / "source")
    weights = dict(load_file(source / "model.safetensors"))
    weights["model.norm.weight"] = np.full_like(weights["model.norm.weight"], np.nan)
    save_file(weights, source / "model.safetensors")
    with pytest.raises(ConfigError, match=r"model\.norm\.weight.*NaN"):
        quantize_checkpoint(source, tmp_path / "base")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_a_foreign_folder_at_the_output_is_left_alone(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="other content"):
        quantize_checkpoint(checkpoint, tmp_path / "base")
    assert (tmp_path / "base" / "letter.txt").read_text() == "dear"


def test_an_altered_base_is_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    data = bytearray((folder / "base.ptd").read_bytes())
    data[-1] ^= 1
    (folder / "base.ptd").write_bytes(data)
    with pytest.raises(BundleError, match="sha256"):
        QuantizedBase.open(folder).verify()
    (folder / "base.ptd").write_bytes(data[:-1])
    with pytest.raises(BundleError, match="bytes"):
        QuantizedBase.open(folder)
