"""The ExecuTorch target on the tiny checkpoint: genuine lowering, linking, the engine and its numbers."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from calibration.quantize import quantize_checkpoint
from export.lowered.templates import Template, get_template
from export.sources.adapter import AdapterWeights, read_adapter
from export.sources.model import load_dequantized
from export.targets import target
from export.targets.executorch.link import describe, link_program, lower_genuinely, lower_template
from runtime_py.engines import Engine, EngineFiles, open_engine
from runtime_py.errors import BundleError
from runtime_py.weights.base import QuantizedBase
from tests.conftest import write_checkpoint
from tests.runtime_py.engines.engine_contract import EngineContract

pytestmark = pytest.mark.slow  # the first test lowers

Open = Callable[[str], Engine]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("executorch") / "base")


@pytest.fixture(scope="module")
def weights(base: Path, adapters: Path) -> dict[str, AdapterWeights]:
    """extract and update have one structure."""
    return {name: read_adapter(adapters / name, base) for name in ("extract", "update")}


@pytest.fixture(scope="module")
def template(base: Path, weights: dict[str, AdapterWeights]) -> Template:
    structure = describe(base, weights["extract"])
    return get_template(structure.key, lambda: lower_template(structure))


@pytest.fixture(scope="module")
def programs(
    tmp_path_factory: pytest.TempPathFactory, base: Path, weights: dict[str, AdapterWeights], template: Template
) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("programs")
    lower = target.get("executorch").lower
    assert lower is not None
    paths = {name: lower(base, adapter, out, name).program for name, adapter in weights.items()}
    assert sorted(path.name for path in out.iterdir()) == ["extract.pte", "update.pte"]
    return paths


def files_of(base: Path, program: Path | None) -> EngineFiles:
    opened = QuantizedBase.open(base)
    adapter = hashlib.sha256(program.read_bytes()).hexdigest() if program and program.exists() else None
    programs = {"executorch": program} if program else {}
    return EngineFiles("extract", programs, None, opened.path, opened.sha256, adapter, 384, 1024, 2, 2, 32)


@pytest.fixture(scope="module")
def opening(base: Path, programs: dict[str, Path]) -> Open:
    return lambda name: open_engine(files_of(base, programs[name]), "executorch")


class TestExecutorchEngine(EngineContract):
    @pytest.fixture
    def engine(self, opening: Open) -> Engine:
        return opening("extract")

    @pytest.fixture
    def other(self, opening: Open) -> Engine:
        return opening("update")


def round_to_8_bits(x: torch.Tensor) -> torch.Tensor:
    """Asymmetric int8 per token, as XNNPACK rounds activations."""
    low, high = x.amin(-1, keepdim=True).clamp(max=0), x.amax(-1, keepdim=True).clamp(min=0)
    step = (high - low) / 255
    zero = (-128 - low / step).round()
    return ((x / step).round() + zero).clamp(-128, 127).sub(zero) * step


def torch_logits(
    base: Path, tokens: list[int], adapter: AdapterWeights | None, rounded: bool
) -> npt.NDArray[np.float32]:
    """[T, V] of Hugging Face eager on the dequantized base, the activations of its linears rounded or not."""
    model = load_dequantized(base)
    modules = adapter.modules if adapter else {}
    for path, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            pair = [torch.from_numpy(m) for m in modules[path]] if path in modules else None

            def forward(
                x: torch.Tensor, linear: torch.nn.Linear = module, ab: list[torch.Tensor] | None = pair
            ) -> torch.Tensor:
                y = torch.nn.functional.linear(round_to_8_bits(x) if rounded else x, linear.weight, linear.bias)
                return y if ab is None else y + x @ ab[0] @ ab[1]

            module.forward = forward  # type: ignore[method-assign, assignment]
    with torch.no_grad():
        return np.asarray(model(torch.tensor([tokens])).logits[0].numpy(), np.float32)


def relative(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_logits_equal_torch_with_rounded_activations(
    base: Path, weights: dict[str, AdapterWeights], opening: Open
) -> None:
    tokens = np.random.default_rng(0).integers(0, 384, 70).tolist()  # more than one call's rows of logits
    got = opening("extract").feed(tokens, all_logits=True)
    rounded = torch_logits(base, tokens, weights["extract"], rounded=True)
    exact = torch_logits(base, tokens, weights["extract"], rounded=False)
    without = torch_logits(base, tokens, None, rounded=False)
    noise, effect = relative(rounded, exact), relative(without, exact)
    assert relative(got, exact) < 1.5 * noise < 0.05  # rounding is the only difference
    assert relative(got, rounded) < 0.5 * noise  # and it is that of XNNPACK
    assert relative(got, exact) < 0.1 * effect


def test_long_feeds_are_cut_and_the_cut_does_not_show(opening: Open) -> None:
    tokens = np.random.default_rng(1).integers(0, 384, 700).tolist()  # more than one call's tokens
    engine = opening("extract")
    whole = engine.feed(tokens)
    engine.rewind(0)
    rows = engine.feed(tokens, all_logits=True)
    assert rows.shape == (700, 384)
    assert relative(rows[-1], whole) < 2e-3
    engine.rewind(650)
    assert relative(engine.feed(tokens[650:]), whole) < 2e-3


def test_link_equals_genuine_lowering_for_another_adapter_and_another_base(
    tmp_path: Path, weights: dict[str, AdapterWeights], template: Template
) -> None:
    other = quantize_checkpoint(write_checkpoint(tmp_path / "checkpoint", seed=5), tmp_path / "base")
    structure, opened = describe(other, weights["update"]), QuantizedBase.open(other)
    assert structure.key == template.structure_key
    assert link_program(template, opened, weights["update"]) == lower_genuinely(structure, opened, weights["update"])


def test_equal_tensors_share_a_key_and_the_program_still_runs(
    tmp_path: Path, base: Path, weights: dict[str, AdapterWeights], template: Template
) -> None:
    modules = weights["extract"].modules
    silent = {
        "zero_b": {path: (a, np.zeros_like(b)) for path, (a, b) in modules.items()},
        "zero_a": {path: (np.zeros_like(a), b) for path, (a, b) in modules.items()},
    }
    logits = []
    for name, pairs in silent.items():
        path = tmp_path / f"{name}.pte"
        path.write_bytes(link_program(template, QuantizedBase.open(base), AdapterWeights(pairs)))
        logits.append(open_engine(files_of(base, path), "executorch").feed([1, 2, 3]))
    np.testing.assert_array_equal(logits[0], logits[1])


def test_the_program_holds_the_adapter_and_no_base(
    base: Path, weights: dict[str, AdapterWeights], programs: dict[str, Path]
) -> None:
    opened, program = QuantizedBase.open(base), programs["extract"].read_bytes()
    for name in opened.names():
        assert np.ascontiguousarray(opened.tensor(name)).tobytes() not in program
        if "norm" not in name and not name.endswith("bias"):
            assert opened.codes(name).tobytes() not in program
    for matrix in (m for pair in weights["extract"].modules.values() for m in pair):
        assert np.ascontiguousarray(matrix.T).tobytes() in program


def test_stock_executorch_runs_the_program(base: Path, programs: dict[str, Path], opening: Open) -> None:
    import executorch.extension.llm.custom_ops.custom_ops  # noqa: F401
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(programs["extract"], data_path=base / "base.ptd")
    inputs = (torch.tensor([[3, 1, 4]]), torch.tensor([0]), torch.tensor([2]))
    logits = program.load_method("forward").execute(inputs)[0]
    np.testing.assert_array_equal(logits[0, 0].numpy(), opening("extract").feed([3, 1, 4]))


def test_wrong_files_are_refused(tmp_path: Path, base: Path, programs: dict[str, Path]) -> None:
    (tmp_path / "cut.pte").write_bytes(programs["extract"].read_bytes()[:1000])
    for program, message in (
        (None, "--target executorch"),
        (tmp_path / "none.pte", "found none"),
        (tmp_path / "cut.pte", "cut"),
    ):
        with pytest.raises(BundleError, match=message):
            open_engine(files_of(base, program), "executorch")
    other = quantize_checkpoint(write_checkpoint(tmp_path / "checkpoint", seed=6), tmp_path / "base")
    with pytest.raises(BundleError, match="expected a program over"):
        open_engine(files_of(other, programs["extract"]), "executorch")
    with pytest.raises(BundleError, match="its adapter inside"):
        open_engine(files_of(base, programs["extract"]), "executorch", adapter=False)
