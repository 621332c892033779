"""The compiler on small fixed-point graphs: a binary a chip, refusals by name, the simulator beside the CPU."""

from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, helper

from export.machine.process import apart
from export.targets.qnn.compile import compile_for
from runtime_py.engines.qnn.session import CPU, SIMULATOR, open_graph
from runtime_py.engines.qnn.socs import SOCS
from runtime_py.errors import ExportError
from tests.export.targets.test_qnn_quantize import ATTENTION, SHAPES, quantized, quantized_attention
from tests.npu import need_compiler
from tests.shown import show

pytestmark = pytest.mark.npu


@pytest.fixture(autouse=True)
def compiler() -> None:
    need_compiler()


def write(folder: Path, model: ModelProto) -> None:
    for name in ("chunk.onnx", "step.onnx"):
        (folder / name).write_bytes(model.SerializeToString())


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("chip", ["sm8550", "sm8650", "sm8750"])
def test_a_chip_takes_the_graphs_whole(bits: int, chip: str, tmp_path: Path) -> None:
    write(tmp_path, quantized(bits).model)
    made = apart(compile_for, tmp_path, "chunk.onnx", "step.onnx", SOCS[chip])
    files = sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / chip).iterdir())
    assert files == sorted([made.chunk, made.step, made.binary])
    assert made.bytes == (tmp_path / made.binary).stat().st_size > 0
    assert (made.soc_model, made.htp_arch) == (SOCS[chip].model, SOCS[chip].architecture)
    show("qnn", f"A16W{bits}, LoRA inputs", "one linear layer", "compiled", chip)


@pytest.mark.parametrize("bits", [8, 4])
def test_the_simulator_gives_the_cpus_codes(bits: int, tmp_path: Path) -> None:
    made, random = quantized(bits), np.random.default_rng(1)
    write(tmp_path, made.model)
    given = {n: made.grids[n].encode(random.uniform(-0.5, 0.5, s).astype(np.float32)) for n, s in SHAPES.items()}
    cpu, simulator = (
        open_graph(tmp_path / "step.onnx", place, SOCS["sm8650"])(given)["turned"].astype(int)
        for place in (CPU, SIMULATOR)
    )
    assert np.abs(cpu - simulator).max() <= 32  # 14 measured, of 65,536
    assert np.ptp(cpu) > 1000


@pytest.mark.parametrize("chip", ["sm8350", "sm8450", "sm8750"])  # Hexagon V68, V69 and V79
def test_old_and_new_chips_take_attention_that_stays_float(chip: str, tmp_path: Path) -> None:
    write(tmp_path, quantized_attention().model)
    made = apart(compile_for, tmp_path, "chunk.onnx", "step.onnx", SOCS[chip])
    assert (tmp_path / made.binary).stat().st_size > 0


def test_products_of_two_activations_keep_their_bits(tmp_path: Path) -> None:
    """In fixed point the simulator takes one of the two as 8 bits: .01 to .02 off."""
    made, random = quantized_attention(), np.random.default_rng(1)
    write(tmp_path, made.model)
    given = {n: made.grids[n].encode(random.uniform(-2, 2, s).astype(np.float32)) for n, s in ATTENTION.items()}
    cpu, simulator = (
        made.grids["mixed"].decode(open_graph(tmp_path / "step.onnx", place, SOCS["sm8650"])(given)["mixed"])
        for place in (CPU, SIMULATOR)
    )
    assert np.linalg.norm(cpu - simulator) < 0.003 * np.linalg.norm(cpu)


def test_an_operator_that_the_chip_does_not_take_is_named(tmp_path: Path) -> None:
    model = quantized(8).model
    node = next(n for n in model.graph.node if n.op_type == "Softmax")
    node.CopyFrom(helper.make_node("Hardmax", node.input, node.output, name="model.layers.7/Hardmax.0", axis=-1))
    write(tmp_path, model)
    with pytest.raises(ExportError) as refusal:
        apart(compile_for, tmp_path, "chunk.onnx", "step.onnx", SOCS["sm8650"])
    assert "cannot compile step.onnx for sm8650: expected operators that the NPU takes" in str(refusal.value)
    assert "Hardmax at model.layers.7/Hardmax.0" in str(refusal.value)
