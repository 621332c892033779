"""A small float graph made fixed-point: near the float one, what only moves numbers rounds nothing, gaps are named."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from export.targets.qnn.blocks import BLOCK, fit_blocks
from export.targets.qnn.derived import ROOM, with_folded, with_mask, with_room
from export.targets.qnn.options import NpuOptions
from export.targets.qnn.quantize import OPSET, Quantized, Quantizer
from export.targets.qnn.scores import float_values
from memlora_cli.main import main
from runtime_py.engines.qnn.grid import Grid
from runtime_py.errors import ExportError

RANGES = {
    "x": (-3.0, 3.0), "m/MatMul.0": (-9.0, 9.0), "m/Add.0": (-9.0, 9.0), "m/down": (-9.0, 9.0), "m/up": (-9.0, 9.0),
    "m/Add.1": (-9.0, 9.0), "m.lora_A": (-0.5, 0.5), "m.lora_B": (-0.5, 0.5),
}  # fmt: skip


def traced() -> ModelProto:
    """y = turned(x @ W + b + x @ A @ B), probabilities of it beside; W, A and B without numbers."""
    node = helper.make_node
    nodes = [
        node("MatMul", ["x", "m.matrix"], ["m/MatMul.0"]),
        node("Add", ["m/MatMul.0", "m.bias"], ["m/Add.0"]),
        node("MatMul", ["x", "m.lora_A"], ["m/down"]),
        node("MatMul", ["m/down", "m.lora_B"], ["m/up"]),
        node("Add", ["m/Add.0", "m/up"], ["m/Add.1"]),
        node("Transpose", ["m/Add.1"], ["turned"], perm=[1, 0]),
        node("Softmax", ["m/Add.1"], ["odds"], axis=-1),
    ]
    sides = [
        TensorProto(name=name, dims=dims, data_type=1, data_location=TensorProto.EXTERNAL)
        for name, dims in (("m.matrix", [32, 6]), ("m.lora_A", [32, 4]), ("m.lora_B", [4, 6]))
    ]
    bias = numpy_helper.from_array(np.linspace(-1, 1, 6, dtype=np.float32), "m.bias")
    info = helper.make_tensor_value_info
    outputs = [info("turned", 1, [6, 5]), info("odds", 1, [5, 6])]
    graph = helper.make_graph(nodes, "g", [info("x", 1, [5, 32])], outputs, [*sides, bias])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=11)


def matrix() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((32, 6), np.float32) / np.float32(4)


def quantized(bits: int, ranges: dict[str, tuple[float, float]] = RANGES) -> Quantized:
    return Quantizer(lambda _name: matrix(), ranges, {"m": 3}, bits).quantize(traced())


@pytest.mark.parametrize(("bits", "error"), [(8, 0.01), (4, 0.1)])
def test_fixed_point_is_near_the_float_graph(bits: int, error: float) -> None:
    made, random = quantized(bits), np.random.default_rng(1)
    given = {name: random.uniform(-0.5, 0.5, shape).astype(np.float32) for name, shape in SHAPES.items()}
    session = onnxruntime.InferenceSession(made.model.SerializeToString(), providers=["CPUExecutionProvider"])
    codes = session.run(None, {name: made.grids[name].encode(values) for name, values in given.items()})
    x, a, b = (given[name] for name in SHAPES)
    expected = x @ matrix() + np.linspace(-1, 1, 6) + x @ a @ b
    turned = made.grids["turned"].decode(codes[0])
    assert codes[0].dtype == np.uint16
    assert np.linalg.norm(turned - expected.T) < error * np.linalg.norm(expected)
    assert made.grids["odds"].decode(codes[1]).sum(1) == pytest.approx(1, abs=1e-3)


SHAPES = {"x": (5, 32), "m.lora_A": (32, 3), "m.lora_B": (3, 6)}


def test_slots_are_inputs_of_their_rank_and_moves_keep_the_grid() -> None:
    made = quantized(8)
    onnx.checker.check_model(made.model)
    shapes = {i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim) for i in made.model.graph.input}
    assert shapes == SHAPES
    assert made.grids["turned"] == Grid.over(*RANGES["m/Add.1"])
    assert made.grids["m.lora_A"].zero == 32768
    weights = {i.name: i.data_type for i in quantized(4).model.graph.initializer}
    assert weights["m.matrix:codes"] == weights["m.matrix:zeros"] == TensorProto.INT4


def test_blocks_of_a_base_stay_on_its_grid() -> None:
    """Codes of an int4 base in blocks are found again where its scales lie near a sixteenth of their column's."""
    random = np.random.default_rng(2)
    codes, factors = random.integers(-8, 8, (64, 3)).astype(np.int8), np.array([[16, 12, 16], [4, 16, 7]], np.uint8)
    values = codes * (factors * np.float32(0.01)).repeat(BLOCK, 0)
    found = fit_blocks("x", values)
    assert np.linalg.norm(found.values() - values) < 1e-6 * np.linalg.norm(values)
    assert found.factors.max() == 16
    noise = random.standard_normal((64, 3)).astype(np.float32)
    assert np.linalg.norm(fit_blocks("x", noise).values() - noise) < 0.11 * np.linalg.norm(noise)
    assert not fit_blocks("x", np.zeros((32, 2), np.float32)).values().any()
    with pytest.raises(ExportError, match="cannot quantize y to 4 bits: expected whole blocks of 32 rows, got 40"):
        fit_blocks("y", noise[:40])


def test_a_value_without_a_range_is_named() -> None:
    with pytest.raises(ExportError, match=r"no range of m/Add\.1: expected every value of the graph"):
        quantized(8, {name: pair for name, pair in RANGES.items() if name != "m/Add.1"})


def test_a_mask_adds_what_no_score_undoes() -> None:
    nodes = [
        helper.make_node("Reshape", ["scores", "shape"], ["heads"]),
        helper.make_node("Add", ["heads", "mask"], ["masked"]),
    ]
    model = helper.make_model(helper.make_graph(nodes, "g", [], [], []))
    ranges, low = with_mask({"scores": (-30.0, 10.0)}, model)
    assert low == -60
    assert ranges["mask"] == (-60, 0)
    with pytest.raises(ExportError, match="no range of scores"):
        with_mask({}, model)


ATTENTION = {"query": (1, 2, 4, 8), "keys": (1, 2, 8, 6), "mask": (1, 1, 4, 6), "values": (1, 2, 6, 8)}


def attention() -> ModelProto:
    """mixed = softmax(query @ keys + mask) @ values, with a reshape that only moves the shares."""
    node, info = helper.make_node, helper.make_tensor_value_info
    nodes = [
        node("MatMul", ["query", "keys"], ["scores"]),
        node("Add", ["scores", "mask"], ["masked"]),
        node("Softmax", ["masked"], ["shares"]),
        node("Reshape", ["shares", "shape"], ["rows"]),
        node("MatMul", ["rows", "values"], ["mixed"]),
    ]
    shape = numpy_helper.from_array(np.array([1, 2, 4, 6]), "shape")
    inputs = [info(name, TensorProto.FLOAT, dims) for name, dims in ATTENTION.items()]
    graph = helper.make_graph(nodes, "g", inputs, [info("mixed", TensorProto.FLOAT, [1, 2, 4, 8])], [shape])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=11)


def quantized_attention() -> Quantized:
    return Quantizer(lambda _name: matrix(), dict.fromkeys((*ATTENTION, "mixed"), (-4.0, 4.0)), {}, 8).quantize(
        attention()
    )


def test_attention_is_float_between_its_products() -> None:
    """And a softmax over what a weight made is not attention."""
    assert float_values(attention()) == {"scores", "masked", "shares", "rows"}
    assert float_values(traced()) == set()
    made = quantized_attention()
    onnx.checker.check_model(made.model)
    rounded = [n.input[0] for n in made.model.graph.node if n.op_type == "QuantizeLinear"]
    assert rounded == ["mixed:exact"]


def test_room_is_left_on_both_sides_of_zero() -> None:
    assert with_room({"a": (-2.0, 4.0), "b": (0.0, 1.0)}) == {"a": (-2 * ROOM, 4 * ROOM), "b": (0, ROOM)}


def test_a_folded_adapter_widens_what_it_is_added_to() -> None:
    ranges = {
        "m/MatMul.0": (-1.0, 2.0), "m/MatMul.1": (-9.0, 9.0), "m/MatMul.2": (-3.0, 4.0), "m/Add.0": (-3.5, 5.0),
        "n/MatMul.0": (-1.0, 2.0), "n/Add.0": (0.0, 3.0), "n/MatMul.2": (-3.0, 4.0), "n/Add.1": (-2.0, 6.0),
        "o/MatMul.0": (-1.0, 1.0),
    }  # fmt: skip
    found = with_folded(ranges, ("m", "n"))
    assert found["m/MatMul.0"] == (-3.5, 5)
    assert (found["n/MatMul.0"], found["n/Add.0"]) == ((-4, 6), (-2, 6))
    assert found["o/MatMul.0"] == (-1, 1)
    with pytest.raises(ExportError, match=r"no range of o/Add\.0"):
        with_folded(ranges, ("o",))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--target", "onnx", "--target", "qnn"], "no activation ranges: expected --ranges with a folder"),
        (["--target", "onnx", "--soc", "sm8650"], "options that no target takes: expected --target qnn beside socs"),
        (["--target", "onnx", "--target", "qnn", "--ranges", "none"], "none: expected a folder with ranges.json"),
        (
            ["--target", "onnx", "--target", "qnn", "--ranges", "none", "--soc", "sm1"],
            "unknown SoC: expected one of sm8",
        ),
        (
            ["--target", "qnn", "--ranges", "none", "--precision", "a8w8"],
            "unknown precision: expected one of a16w8",
        ),
    ],
)
def test_wrong_options_are_sentences_and_exit_code_2(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["export", str(tmp_path), "--adapters", str(tmp_path), "--out", str(tmp_path / "bundle"), *options]
    assert main(given) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_phone_must_have_something_to_fall_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    from export.targets import target
    from runtime_py.errors import ConfigError
    from runtime_py.files.ranges import ActivationRanges

    empty = ActivationRanges("memlora.ranges", 1, "0" * 64, 8, 64, {}, {})
    monkeypatch.setattr(NpuOptions, "read", classmethod(lambda cls, _given: cls(empty)))
    with pytest.raises(ConfigError, match="qnn alone: expected --target onnx too"):
        target.configured(["qnn"], {"ranges": "x"})
    assert [chosen.name for chosen in target.configured(["onnx", "qnn"], {"ranges": "x"})] == ["onnx", "qnn"]
