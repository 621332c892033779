"""A size that a base may have: what fits, what stays int8, and what the commands say of it."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.budget import LOSSES, choose
from calibration.checkpoint import Checkpoint
from calibration.data_file import Progress, largest_size, matrices, with_int8
from calibration.families import tensor_groups
from calibration.methods import Rounding
from calibration.methods.stream import load_model
from calibration.quantize import Calibration, quantize_checkpoint
from calibration.sensitivity import STRIDE, TOKENS, measure_units
from calibration.texts import apart, cut, read_texts
from memlora_cli.bundle.quantize import read_size
from memlora_cli.main import main
from runtime_py.errors import ConfigError
from runtime_py.weights import Int4Tensor, Int8Tensor, QuantizedBase

CHUNKS = [np.random.default_rng(place).integers(3, 384, 384).tolist() for place in range(4)]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(7)
    path = tmp_path_factory.mktemp("text") / "talk.txt"
    path.write_text(
        " ".join(chance.choice(["tea", "milk", "Anna", "walks", "buys", "red", "coat"]) for _ in range(900))
    )
    return path


def test_what_is_kept_fits_and_gains_most() -> None:
    assert choose([1.0, 3.0, 0.5], [10, 20, 10], 30) == [0, 1]
    assert choose([1.0, 3.0, 0.5], [10, 20, 10], 20) == [1]
    assert choose([1.0, 3.0, 0.5], [10, 40, 10], 30) == [0, 2]  # the best one does not fit: the others do
    assert choose([1.0, 3.0, 0.5], [10, 30, 10], 30) == [1]  # the others have more a byte, and leave it no room
    assert choose([1.0], [10], 9) == choose([1.0], [10], 0) == []


def test_no_other_choice_gains_more() -> None:
    chance = random.Random(3)
    for _ in range(40):
        losses, sizes = [chance.random() for _ in range(9)], [chance.randint(1, 50) for _ in range(9)]
        room = chance.randint(0, sum(sizes))
        kept = choose(losses, sizes, room)
        assert sum(sizes[place] for place in kept) <= room
        best = max(
            sum(losses[place] for place in some)
            for count in range(10)
            for some in itertools.combinations(range(9), count)
            if sum(sizes[place] for place in some) <= room
        )
        assert sum(losses[place] for place in kept) == pytest.approx(best)


def test_sizes_that_are_rounded_still_fit() -> None:
    sizes = [12_345_679, 23_456_789, 34_567_891]
    assert choose([1.0, 1.0, 1.0], sizes, sum(sizes[:2]) - 1) == [0]
    assert choose([1.0, 1.0, 1.0], sizes, 36_000_000) == [0, 1]


@pytest.mark.parametrize("kind", ["int4", "int8", "mixed"])
def test_the_size_is_known_before(checkpoint: Path, tmp_path: Path, kind: str) -> None:
    groups = tensor_groups(Checkpoint.open(checkpoint).config)
    names = {"int4": [], "int8": matrices(groups), "mixed": matrices(groups)[3:9]}[kind]
    base = quantize_checkpoint(
        checkpoint, tmp_path / "base", bits=8 if kind == "int8" else 4, int8=names if kind == "mixed" else ()
    )
    expected = largest_size(with_int8(groups, names), 32)
    assert expected - 128 < QuantizedBase.open(base).size <= expected


def test_a_units_loss_is_the_divergence_of_the_whole_model(checkpoint: Path) -> None:
    source = Checkpoint.open(checkpoint)
    units = [
        ["model.embed_tokens.weight"],
        ["model.layers.1.mlp.gate_proj.weight", "model.layers.1.mlp.up_proj.weight"],
    ]
    got = list(measure_units(source, units, Rounding(source, 32), CHUNKS, None))
    exact, rounding = load_model(source), Rounding(source, 32)
    for unit, loss in zip(units, got, strict=True):
        other = load_model(source)
        for name in unit:
            values = np.concatenate([rows + rounded.error for rows, rounded in rounding.quantized(name)])
            other.get_parameter(name).data = torch.from_numpy(values)
        found = []
        for chunk in CHUNKS:
            tokens = torch.tensor([chunk[:TOKENS]])
            with torch.no_grad():
                p, q = (m(tokens).logits[0, ::STRIDE].log_softmax(-1) for m in (exact, other))
            found.append(float(torch.nn.functional.kl_div(q, p, log_target=True, reduction="batchmean")))
        assert loss == pytest.approx(sum(found) / len(found), rel=1e-3)


def test_a_budget_is_kept_and_more_of_it_keeps_more(checkpoint: Path, tmp_path: Path) -> None:
    groups = tensor_groups(Checkpoint.open(checkpoint).config)
    low, high = (largest_size(with_int8(groups, names), 32) for names in ([], matrices(groups)))
    kept = []
    for budget in (low, (2 * low + high) // 3, (low + 2 * high) // 3, high):
        base = quantize_checkpoint(
            checkpoint, tmp_path / str(budget), calibration=Calibration(CHUNKS[:2], budget_bytes=budget)
        )
        opened = QuantizedBase.open(base)
        opened.verify()
        assert opened.size <= budget
        kept.append({name for name, entry in opened.tensors.items() if isinstance(entry, Int8Tensor)})
        for layer in range(2):
            kinds = {type(opened.tensors[f"model.layers.{layer}.self_attn.{x}_proj.weight"]) for x in "qkv"}
            assert len(kinds) == 1
    sizes = [len(names) for names in kept]
    assert sizes[0] == 0
    assert sizes[3] == len(matrices(groups))
    assert 0 < sizes[1] < sizes[2] < sizes[3]


def test_measuring_that_was_stopped_goes_on(checkpoint: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def stop_at(last: int) -> Progress:
        def progress(what: str, done: int, total: int) -> None:
            told.append(what)
            if what.startswith("sensitivity") and done == last:
                raise KeyboardInterrupt

        return progress

    calibration = Calibration(CHUNKS[:2], budget_bytes=300_000)
    whole = quantize_checkpoint(checkpoint, tmp_path / "whole", calibration=calibration, progress=stop_at(-1))
    units = [what for what in told if what.startswith("sensitivity")]
    assert len(set(units)) == len(units) > 4
    told.clear()
    out = tmp_path / "base"
    for last in (3, 4):
        with pytest.raises(KeyboardInterrupt):
            quantize_checkpoint(checkpoint, out, calibration=calibration, progress=stop_at(last))
        assert len(json.loads((tmp_path / ".base.calibration" / LOSSES).read_text("utf-8"))) == last
    quantize_checkpoint(checkpoint, out, calibration=calibration, progress=stop_at(-1))
    assert [what for what in told if what.startswith("sensitivity")] == units  # each once, in order
    assert (out / "base.ptd").read_bytes() == (whole / "base.ptd").read_bytes()


def test_a_budget_below_all_int4_says_the_least(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"budget: expected at least 0\.\d MB, the base with every matrix in int4"):
        quantize_checkpoint(checkpoint, tmp_path / "base", calibration=Calibration(CHUNKS, budget_bytes=1000))
    assert not (tmp_path / "base").exists()


def test_sizes_as_they_are_written() -> None:
    assert [read_size(text) for text in ("95MB", "1.2 gb", "800B")] == [95_000_000, 1_200_000_000, 800]
    for text in ("95", "MB", "-1MB", "0MB", "9 MiB"):
        with pytest.raises(ConfigError, match="budget: expected a size like 95MB"):
            read_size(text)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--budget", "1MB"], "expected texts to calibrate on, got none"),
        (["--method", "gptq"], "expected texts to calibrate on, got none"),
        (["--method", "awq"], "method: expected one of rtn, gptq, got 'awq'"),
        (["--budget", "1MB", "--bits", "4"], "got --bits 4 beside it"),
    ],
)
def test_options_that_do_not_go_together(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert main(["quantize", str(checkpoint), "--out", str(tmp_path / "base"), *options]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_the_commands(checkpoint: Path, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mixed"
    command = ["quantize", str(checkpoint), "--out", str(folder), "--budget", "0.3MB", "--data", str(text)]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bytes"] == (folder / "base.ptd").stat().st_size <= 300_000
    calibrating, measured = apart(cut(checkpoint, read_texts([text])))
    assert found["loss"]["tokens"] == 384 * len(measured) < 384 * len(calibrating)
    rounded = quantize_checkpoint(checkpoint, tmp_path / "rounded", bits=4)
    assert main(command) == 0
    assert f"times the checkpoint's on {found['loss']['tokens']} tokens" in capsys.readouterr().out
    bases = itertools.chain.from_iterable(["--base", str(base)] for base in (folder, rounded))
    assert main(["calibrate", str(checkpoint), *bases, "--data", str(text), "--tokens", "384", "--json"]) == 0
    mixed, four = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (mixed["method"], four["method"]) == ("gptq", "rtn")
    assert mixed["int8"] > 0 == four["int8"]
    assert mixed["kl"] < four["kl"]
    assert four["bits"] == pytest.approx(4.5)  # groups of 32 with a scale of 16 bits
    assert four["bits"] < mixed["bits"] < 8.5
    assert any(isinstance(entry, Int4Tensor) for entry in QuantizedBase.open(folder).tensors.values())
