"""Int8 bases: what is stored, what reads it, what is refused; smoothing changes nothing that a model computes."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from calibration.checkpoint import Checkpoint
from calibration.int8 import quantize_rows
from calibration.quantize import quantize_checkpoint
from calibration.smoothing import Exponents, SmoothedCheckpoint, choose_exponents, folds, write_exponents
from runtime_py.errors import BundleError, ConfigError
from runtime_py.weights import INDEX, Int8Tensor, QuantizedBase

Q_PROJ = "model.layers.0.self_attn.q_proj.weight"


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("int8") / "base", bits=8)


def test_codes_and_scales_of_a_row_by_hand() -> None:
    codes, scales = quantize_rows(np.array([[1.27, -0.64, 0.005], [0, 0, 0]], np.float32))
    assert codes.tolist() == [[127, -64, 0], [0, 0, 0]]  # 0.005 is half a step, ties go to even
    assert scales[:, 0] == pytest.approx([0.01, 2**-23])


def test_every_matrix_is_within_half_a_step(base: Path, checkpoint: Path) -> None:
    opened, weights = QuantizedBase.open(base), load_file(checkpoint / "model.safetensors")
    opened.verify()
    matrices = [name for name, entry in opened.tensors.items() if isinstance(entry, Int8Tensor)]
    assert len(matrices) == sum(x.ndim == 2 for x in weights.values())
    for name in matrices:
        off = np.abs(opened.tensor(name) - weights[name])
        assert (off <= 0.5001 * opened.scales(name)).all()
        assert off.max() > 0


def test_rows_are_dequantized_alone(base: Path) -> None:
    opened = QuantizedBase.open(base)
    some = np.array([5, 0, 5])
    assert np.array_equal(opened.dequantize(Q_PROJ, some), opened.tensor(Q_PROJ)[some])


def test_keys_are_those_of_a_genuine_lowering(base: Path) -> None:
    """XNNPACK names int8 codes and float32 scales by their sha256: one stored copy for both runtimes."""
    entry = QuantizedBase.open(base).tensors[Q_PROJ]
    assert isinstance(entry, Int8Tensor)
    data = (base / "base.ptd").read_bytes()
    for window in (entry.codes, entry.scales):
        assert hashlib.sha256(data[window.offset : window.offset + window.length]).hexdigest() == window.key
    from executorch.extension.flat_tensor.serialize.serialize import FlatTensorSerializer

    payload = FlatTensorSerializer().deserialize(data)
    named = payload.named_data[f"{Q_PROJ}.codes"]
    assert named.tensor_layout.sizes == list(entry.shape)
    assert {entry.codes.key, f"scale_{entry.scales.key}"} <= set(payload.named_data)


def test_version_1_holds_no_int8(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    index = json.loads((folder / INDEX).read_text())
    assert index["version"] == 2
    (folder / INDEX).write_text(json.dumps(index | {"version": 1}))
    with pytest.raises(BundleError, match="expected raw or int4 in version 1, got 'int8'"):
        QuantizedBase.open(folder)
    (folder / INDEX).write_text(json.dumps(index | {"version": 3}))
    with pytest.raises(BundleError, match="expected version 1 or 2, got 3"):
        QuantizedBase.open(folder)


def test_a_short_window_of_scales_is_refused(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(base, folder)
    index = json.loads((folder / INDEX).read_text())
    index["tensors"][Q_PROJ]["scales"]["length"] //= 2
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(BundleError, match=r"expected 512 bytes by its shape.*got 256"):
        QuantizedBase.open(folder)


def test_other_bits_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bits: expected 4 or 8, got 5"):
        quantize_checkpoint(checkpoint, tmp_path / "base", bits=5)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def exponents(checkpoint: Path) -> Exponents:
    """Factors for inputs that differ a thousandfold between columns; the seed is 3."""
    source, generator = Checkpoint.open(checkpoint), np.random.default_rng(3)
    inputs = {}
    for fold in folds(source.config):
        columns = source.tensors[f"{fold.readers[0]}.weight"].shape[1]
        inputs[fold.readers[0]] = (10 ** generator.uniform(-2, 1, columns)).astype(np.float32)
    return choose_exponents(source, inputs)


def test_smoothing_folds_out(checkpoint: Path, exponents: Exponents) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    tokens = torch.tensor([[5, 3, 8, 1, 9, 2, 7]])
    with torch.no_grad():
        before = model(tokens).logits
        smoothed = SmoothedCheckpoint.of(Checkpoint.open(checkpoint), exponents)
        state = {name: torch.from_numpy(np.concatenate(list(smoothed.rows(name)))) for name in smoothed.tensors}
        changed = sum(not torch.equal(model.state_dict()[name].float(), value) for name, value in state.items())
        model.load_state_dict(state, strict=False)
        after = model(tokens).logits
    assert changed >= 9 * model.config.num_hidden_layers  # seven linears and two norms a layer
    assert max(int(abs(e).max()) for e in exponents.values()) >= 2
    assert torch.allclose(before, after, rtol=1e-4, atol=1e-5)


def test_smoothing_of_another_model_is_refused(checkpoint: Path, exponents: Exponents, tmp_path: Path) -> None:
    write_exponents(tmp_path / "factors", dict(list(exponents.items())[1:]))
    with pytest.raises(ConfigError, match="expected the factors of this model's"):
        quantize_checkpoint(checkpoint, tmp_path / "base", bits=8, smoothing=tmp_path / "factors")
    assert not (tmp_path / "base").exists()
