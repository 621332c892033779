"""The NPU engine over fixed-point graphs on the CPU: the contract, adapters as inputs, refusals; then the simulator."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.targets.qnn.options import NpuOptions
from runtime_py.engines import Engine, EngineFiles, Runtime, open_engine
from runtime_py.engines.qnn.engine import open_engine as open_qnn
from runtime_py.engines.qnn.session import is_simulating_host
from runtime_py.engines.qnn.socs import get_soc
from runtime_py.errors import BundleError, ConfigError, MissingExtraError, UnavailableError
from runtime_py.parity.simulator import SIMULATOR, compare_places
from tests.npu import Npu, engine_files, measure
from tests.runtime_py.engines.engine_contract import TOKENS, EngineContract
from tests.shown import show

pytestmark = pytest.mark.slow

Parts = tuple[Npu, dict[str, EngineFiles], dict[str, object]]
CPU = Runtime(device="cpu")
NAMES = ["extract", "generate"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> Parts:
    """Two operations, whose adapters have other modules, over one program; and what its engines share."""
    from export.targets.qnn.floats import slot_ranks
    from export.targets.qnn.write import write_npu

    folder = tmp_path_factory.mktemp("npu")
    npu = measure(folder, checkpoint, adapters, NAMES)
    options = NpuOptions(npu.ranges)
    program, _ = write_npu(npu.base, options, npu.ranges.union("minmax"), slot_ranks(npu.weights), {}, folder / "npu")  # type: ignore[arg-type]
    return npu, {name: engine_files(npu, name, program, folder) for name in NAMES}, {}


class TestQnnEngine(EngineContract):
    @pytest.fixture
    def engine(self, parts: Parts) -> Engine:
        return open_engine(parts[1]["extract"], "qnn", shared=parts[2], runtime=CPU)

    @pytest.fixture
    def other(self, parts: Parts) -> Engine:
        return open_engine(parts[1]["generate"], "qnn", shared=parts[2], runtime=CPU)


def test_switching_is_other_inputs_and_back_gives_the_same_again(parts: Parts) -> None:
    _, files, shared = parts
    first, second = (open_engine(files[name], "qnn", shared=shared, runtime=CPU) for name in NAMES)
    before = first.feed(TOKENS)
    assert not np.allclose(before, second.feed(TOKENS), atol=1e-2)
    first.reset()
    np.testing.assert_array_equal(first.feed(TOKENS), before)
    assert len([key for key in shared if str(key).startswith("qnn ")]) == 1  # one pair of sessions


def test_fixed_point_stays_near_the_float_graph(parts: Parts) -> None:
    from export.parity.reference import load_reference
    from export.parity.torch import prompt_logits

    npu, files, shared = parts
    engine = open_engine(files["extract"], "qnn", False, shared, runtime=CPU)
    rows = np.random.default_rng(1).integers(0, 300, (6, 20)).tolist()
    expected = prompt_logits(load_reference(npu.base), rows)
    for row, want in zip(rows, expected, strict=True):
        engine.reset()
        got = engine.feed(row)
        assert np.linalg.norm(got - want) < 0.05 * np.linalg.norm(want)


def test_values_beyond_the_profile_and_ranks_beyond_the_slots_are_refused(parts: Parts, tmp_path: Path) -> None:
    _, files, _ = parts
    folder = files["extract"].program("qnn").parent
    shutil.copytree(folder, tmp_path / "npu")
    path = tmp_path / "npu" / "program.json"
    program = json.loads(path.read_text("utf-8"))
    slot = "model.layers.0.self_attn.q_proj"

    def opened(changed: dict[str, object]) -> None:
        path.write_text(json.dumps(program | changed))
        open_qnn(replace(files["extract"], programs={"qnn": path}), shared={}, runtime=CPU)

    narrow = program["grids"] | {f"{slot}.lora_A": {"scale": 1e-7, "zero": 32768}}
    with pytest.raises(BundleError, match=r"values up to 0.003277 in .*q_proj.lora_A \(the shared profile\), got 0"):
        opened({"grids": narrow})
    with pytest.raises(BundleError, match=r"expected .*q_proj.lora_A of data type 4, \[128, 2\], got 4, \[128, 8\]"):
        opened({"ranks": program["ranks"] | {slot: 2}})
    with pytest.raises(BundleError, match="expected a window of at least one chunk"):
        opened({"chunk": 4096})
    with pytest.raises(BundleError, match=r"expected files beside it, got '\.\./step\.onnx'"):
        opened({"step_graph": "../step.onnx"})


def test_what_this_machine_has_not_is_said(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    files = parts[1]["extract"]
    with pytest.raises(ConfigError, match="unknown device: expected one of cpu, npu, simulator, got 'gpu'"):
        open_engine(files, "qnn", runtime=Runtime(device="gpu"))
    if is_simulating_host():
        with pytest.raises(UnavailableError, match="no npu here: expected a Qualcomm NPU"):
            open_engine(files, "qnn")
    monkeypatch.setattr("platform.machine", lambda: "riscv")
    with pytest.raises(UnavailableError, match="no simulator here: expected x86 Linux, got riscv"):
        open_engine(files, "qnn", runtime=Runtime(device="simulator"))
    with pytest.raises(ConfigError, match=r"unknown SoC: expected one of sm8350, .*, got 'sm1'"):
        get_soc("sm1")


@pytest.mark.npu
def test_the_simulator_computes_what_the_cpu_does(parts: Parts) -> None:
    files = parts[1]["extract"]
    try:
        simulated = open_qnn(files, runtime=Runtime(device="simulator"))
    except (MissingExtraError, UnavailableError) as e:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(e))
    result = compare_places("extract", open_qnn(files, runtime=CPU), simulated, [*TOKENS, *TOKENS[:3]], 3)
    assert result.passed, result.message
    assert result.steps == 4
    bound = f"outputs {SIMULATOR.max_relative_error:g}, tokens {SIMULATOR.min_step_agreement:.1%}"
    show("qnn", "A16W8, LoRA inputs", "extract", "run", "simulator", bound)
