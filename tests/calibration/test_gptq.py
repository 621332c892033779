"""GPTQ: its codes against the plain form of its equations, what it gains, what it keeps and goes on from."""

from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.checkpoint import Checkpoint
from calibration.families import tensor_groups
from calibration.int4 import quantize_rows, widen_bf16
from calibration.methods import Rounding
from calibration.methods.gptq import HEAD_DAMPING, Gptq
from calibration.methods.matrix import DAMPING, Inputs, quantize_matrix
from calibration.methods.stream import LayerStream, load_model, read_tensor
from calibration.quantize import Calibration, quantize_checkpoint
from runtime_py.errors import ConfigError
from runtime_py.weights import Int4Tensor, QuantizedBase

CHUNKS = [np.random.default_rng(place).integers(3, 384, 96).tolist() for place in range(6)]
G = 32


def correlated(rows: int, columns: int) -> torch.Tensor:
    chance = torch.Generator().manual_seed(4)
    return torch.randn(rows, columns, generator=chance) @ torch.randn(columns, columns, generator=chance)


def plain_codes(weight: torch.Tensor, gram: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Optimal brain surgeon, one column after another, the inverse of what is left computed anew: float64."""
    left, h = weight.double().clone(), gram.double()
    h = h + DAMPING * h.diagonal().mean() * torch.eye(len(h))
    steps = scales.double().repeat_interleave(G, dim=1)
    codes = torch.zeros_like(left)
    ahead = torch.argsort(h.diagonal(), descending=True, stable=True).tolist()
    while ahead:
        inverse, column = torch.linalg.inv(h[ahead][:, ahead]), ahead[0]
        codes[:, column] = (left[:, column] / steps[:, column]).round().clamp(-8, 7)
        error = (left[:, column] - codes[:, column] * steps[:, column]) / inverse[0, 0]
        left[:, ahead] -= error[:, None] * inverse[0][None]
        ahead = ahead[1:]
    return codes


def test_codes_are_those_of_the_plain_equations() -> None:
    weight, inputs = correlated(24, 96) / 96, correlated(400, 96)
    gram = inputs.T @ inputs
    codes, scales = quantize_matrix(weight, Inputs.of(gram), G, passes=0)
    expected = plain_codes(weight, gram, scales)
    assert (codes != expected).float().mean() < 0.01  # a tie may fall to the other side in float32
    assert torch.equal(scales.bfloat16().float(), scales)


def test_outputs_err_less_than_by_rounding() -> None:
    weight, inputs = correlated(24, 96) / 96, correlated(400, 96)
    codes, scales = quantize_matrix(weight, Inputs.of(inputs.T @ inputs), G)
    rounded = quantize_rows(weight.numpy(), G, "rtn")
    told = codes.float() * scales.repeat_interleave(G, dim=1) - weight
    assert (inputs @ told.T).norm() < 0.7 * (inputs @ torch.from_numpy(rounded.error).T).norm()


@pytest.mark.parametrize("passes", [1, 2])
def test_descent_errs_less_with_each_pass(passes: int) -> None:
    weight, some = correlated(24, 96) / 96, correlated(400, 96)
    inputs = Inputs.of(some.T @ some)
    errors = []
    for count in (passes - 1, passes):
        codes, scales = quantize_matrix(weight, inputs, G, count)
        told = (codes.float() * scales.repeat_interleave(G, dim=1) - weight).double()
        errors.append(((told @ inputs.gram.double()) * told).sum(1))
    assert torch.equal(scales.bfloat16().float(), scales)
    assert codes.min() >= -8
    assert codes.max() <= 7
    assert (errors[1] <= errors[0] * (1 + 1e-5)).all()  # no row errs more
    assert errors[1].sum() < 0.995 * errors[0].sum()


def test_after_descent_no_single_code_is_better_otherwise() -> None:
    """Every code is tried one up and one down, by the sum itself."""
    weight, some = correlated(6, 64) / 64, correlated(300, 64)
    inputs = Inputs.of(some.T @ some)
    codes, scales = quantize_matrix(weight, inputs, G, passes=30)
    steps, gram = scales.double().repeat_interleave(G, dim=1), inputs.gram.double()

    def errors(told: torch.Tensor) -> torch.Tensor:
        left = told * steps - weight.double()
        return ((left @ gram) * left).sum(1)

    least = errors(codes.double())
    for column in range(64):
        for change in (-1, 1):
            other = codes.double().clone()
            other[:, column] = (other[:, column] + change).clamp(-8, 7)
            assert (errors(other) >= least * (1 - 1e-5)).all()


def test_a_column_without_input_is_rounded_to_nearest() -> None:
    weight, inputs = correlated(8, 64) / 64, correlated(300, 64)
    inputs[:, 7] = 0
    codes, scales = quantize_matrix(weight, Inputs.of(inputs.T @ inputs), G)
    steps = scales[:, 0]
    assert torch.equal(codes[:, 7].float(), (weight[:, 7] / steps).round().clamp(-8, 7))


def test_the_stream_computes_what_the_model_does(checkpoint: Path) -> None:
    source = Checkpoint.open(checkpoint)
    model = load_model(source)
    with torch.no_grad():
        expected = [model.model(torch.tensor([chunk]), output_hidden_states=True).hidden_states for chunk in CHUNKS]
    stream = LayerStream(source, CHUNKS, read_tensor(source, "model.embed_tokens.weight"))
    for number in range(len(stream)):
        for got, wanted in zip(stream.hidden, expected, strict=True):
            torch.testing.assert_close(got, wanted[number])
        stream.load(number)
        stream.advance(number)
    for got, wanted in zip(stream.hidden, expected, strict=True):
        torch.testing.assert_close(model.model.norm(got), wanted[-1])


def test_the_grams_are_sums_over_inputs(checkpoint: Path) -> None:
    source = Checkpoint.open(checkpoint)
    stream = LayerStream(source, CHUNKS, read_tensor(source, "model.embed_tokens.weight"))
    norm = load_model(source).model.layers[0].input_layernorm
    inputs = torch.cat([norm(x)[0] for x in stream.hidden])
    stream.load(0)
    expected = inputs.T @ inputs
    assert (stream.gram(0, "model.layers.0.self_attn.q_proj") - expected).norm() < 1e-5 * expected.norm()


@pytest.fixture(scope="module")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantize_checkpoint(
        checkpoint, tmp_path_factory.mktemp("gptq") / "base", bits=4, calibration=Calibration(CHUNKS)
    )


def test_the_base_loses_less_than_a_rounded_one(base: Path, checkpoint: Path, tmp_path: Path) -> None:
    rounded = quantize_checkpoint(checkpoint, tmp_path / "rtn", bits=4)
    source = Checkpoint.open(checkpoint)
    chunk = torch.tensor([np.random.default_rng(99).integers(3, 384, 96).tolist()])
    with torch.no_grad():
        exact = load_model(source).model(chunk).last_hidden_state
    errors = {}
    for folder in (base, rounded):
        opened, model = QuantizedBase.open(folder), load_model(source)
        opened.verify()
        model.load_state_dict({n: torch.from_numpy(opened.tensor(n).copy()) for n in opened.names()}, strict=False)
        with torch.no_grad():
            errors[folder] = float((model.model(chunk).last_hidden_state - exact).norm())
    assert errors[base] < 0.9 * errors[rounded]


def test_the_base_holds_the_methods_codes(base: Path, checkpoint: Path, tmp_path: Path) -> None:
    source = Checkpoint.open(checkpoint)
    method = Gptq(source, tensor_groups(source.config), G, CHUNKS, tmp_path)
    opened = QuantizedBase.open(base)
    names = [name for name, entry in opened.tensors.items() if isinstance(entry, Int4Tensor)]
    for name in names:
        (rows, quantized), *_ = method.quantized(name)
        assert np.array_equal(quantized.codes, opened.codes(name))
        assert np.array_equal(widen_bf16(quantized.scales), opened.scales(name))
        np.testing.assert_allclose(rows + quantized.error, opened.dequantize(name), rtol=0, atol=1e-6)


def test_a_tied_head_is_made_for_what_the_last_layer_gives(base: Path, checkpoint: Path) -> None:
    source, opened, name = Checkpoint.open(checkpoint), QuantizedBase.open(base), "model.embed_tokens.weight"
    stream = LayerStream(source, CHUNKS, read_tensor(source, name))
    for number in range(len(stream)):
        layer = stream.load(number)
        prefix = f"model.layers.{number}."
        made = {n.removeprefix(prefix): opened.tensor(n) for n in opened.names() if n.startswith(prefix)}
        layer.load_state_dict({n: torch.from_numpy(values.copy()) for n, values in made.items()})
        stream.advance(number)
    inputs = torch.cat([x[0] for x in stream.hidden])
    inputs = inputs / inputs.square().mean(1, keepdim=True).add(source.config["rms_norm_eps"]).sqrt()
    inputs = inputs * read_tensor(source, "model.norm.weight")
    codes, scales = quantize_matrix(read_tensor(source, name), Inputs.of(inputs.T @ inputs, HEAD_DAMPING), G)
    told = codes.float() * scales.repeat_interleave(G, dim=1)
    assert np.mean(told.numpy() != opened.tensor(name)) < 0.01  # a tie may fall to the other side
    (rows, rounded), *_ = Rounding(source, G).quantized(name)
    lost, before = (inputs @ torch.from_numpy(x - rows).T for x in (opened.tensor(name), rows + rounded.error))
    assert lost.norm() < 0.8 * before.norm()


def test_a_run_that_was_stopped_goes_on(base: Path, checkpoint: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def stop(what: str, done: int, total: int) -> None:
        told.append(what)
        if what == "GPTQ, layer 0" and told.count(what) == 1:
            raise KeyboardInterrupt

    out = tmp_path / "base"
    arguments = {"bits": 4, "calibration": Calibration(CHUNKS), "progress": stop}
    with pytest.raises(KeyboardInterrupt):
        quantize_checkpoint(checkpoint, out, **arguments)  # type: ignore[arg-type]
    kept = tmp_path / ".base.calibration" / "layer.0.safetensors"
    assert kept.is_file()
    grams: list[int] = []
    original = LayerStream.gram

    def gram(stream: LayerStream, number: int, module: str) -> torch.Tensor:
        grams.append(number)
        return original(stream, number, module)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LayerStream, "gram", gram)
        quantize_checkpoint(checkpoint, out, **arguments)  # type: ignore[arg-type]
    assert set(grams) == {1}
    assert (out / "base.ptd").read_bytes() == (base / "base.ptd").read_bytes()
    assert not kept.parent.exists()


def test_eight_bits_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bits: expected 4 for int8 beside int4, for GPTQ and for a budget, got 8"):
        quantize_checkpoint(checkpoint, tmp_path / "base", bits=8, calibration=Calibration(CHUNKS))
