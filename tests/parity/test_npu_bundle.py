"""The embedded base and its experts for the NPU: compiled, beside float, and on the simulator.

Weights of 8 and of 4 bits, adapters as inputs of one graph. `memlora eval --engine qnn` runs whole dialogues.
"""

from pathlib import Path

import pytest

from runtime_py import operations
from runtime_py.bundle import Bundle
from runtime_py.engines.qnn.program import read_program
from runtime_py.engines.qnn.session import CPU, SIMULATOR
from runtime_py.parity import Golden, read_golden, replay_golden
from runtime_py.parity.simulator import SIMULATOR as LEG
from runtime_py.parity.simulator import compare_operation
from runtime_py.parts import token_ids
from tests.npu import INPUTS, Form, measure_tiny, need_compiler, pack
from tests.shown import show

pytestmark = [pytest.mark.npu, pytest.mark.slow]

CHIPS = ("sm8550", "sm8650", "sm8750")
NAMES = operations.names()
LEAST = 0.99
"""Of float's greedy steps."""
GOLDENS, SIMULATED_STEPS = 2, 16


@pytest.fixture(scope="module", autouse=True)
def compiler() -> None:
    need_compiler()


@pytest.fixture(scope="module", params=INPUTS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Form:
    chosen: Form = request.param
    return chosen


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path, tiny_base: Path, form: Form) -> Path:
    """The bundle with the NPU's programs, ranges measured on training rows, compiled for `CHIPS`."""
    ranges = measure_tiny(tmp_path_factory, tiny_base) / "ranges"
    return pack(tiny_bundle, tiny_base, ranges, form, CHIPS, tmp_path_factory.mktemp("npu-bundle") / "bundle")


def some(golden: Golden) -> Golden:
    """Its first `GOLDENS` prompts."""
    return Golden(
        golden.prompts[:GOLDENS],
        golden.tokens[:GOLDENS],
        golden.margins[:GOLDENS],
        golden.logits_with[:GOLDENS],
        golden.logits_without[:GOLDENS],
    )


def test_three_chips_take_the_graphs_whole(packed: Path, form: Form) -> None:
    bundle = Bundle.open(packed)
    for name in NAMES:
        program = bundle.engine_files(name).program("qnn")
        made = read_program(program).contexts
        assert sorted(made) == sorted(CHIPS)
        assert all((program.parent / each.binary).stat().st_size == each.bytes > 0 for each in made.values())
        for chip in CHIPS:
            show("qnn", form.name, f"{name} (embedded base)", "compiled", chip)


def test_greedy_steps_are_those_of_float(packed: Path, form: Form) -> None:
    bundle, results = Bundle.open(packed, verify=False), []
    for name in NAMES:
        golden = bundle.golden(name)
        assert golden
        results.append(
            replay_golden(name, "qnn", some(read_golden(golden)), bundle.open_proof_engine(name, "qnn"), None)
        )
        assert results[-1].passed, results[-1]
    steps = sum(result.agreement.steps for result in results)
    assert sum(result.agreement.steps - len(result.agreement.misses) for result in results) >= LEAST * steps
    assert steps >= 60
    for name in NAMES:
        show("qnn", form.name, f"{name} (embedded base)", "run", CPU, f"logits 0.1, steps {LEAST:.1%}")


def test_the_simulator_has_the_cpus_tokens(packed: Path, form: Form) -> None:
    bundle = Bundle.open(packed, verify=False)
    for name in NAMES:
        golden = bundle.golden(name)
        assert golden
        result = compare_operation(bundle, name, token_ids(read_golden(golden).prompts[0]), SIMULATED_STEPS)
        assert result.passed, result.message
        bound = f"outputs {LEG.max_relative_error:g}, tokens {LEG.min_step_agreement:.1%}"
        show("qnn", form.name, f"{name} (embedded base)", "run", SIMULATOR, bound)
