"""Graphs that would run for ever, fill memory or read elsewhere are refused before ONNX Runtime sees them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from runtime_py.errors import BundleError
from runtime_py.programs import check_embedder_graph, check_graph, read_graph

INT64, FLOAT = TensorProto.INT64, TensorProto.FLOAT
FACTS = {"layers": 1, "kv_heads": 2, "head_dim": 8, "vocab_size": 16}


def whole(name: str, values: Any) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def embedder(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto] | None = None) -> onnx.ModelProto:
    """A graph of `input_ids` to `embedding` made of `nodes`."""
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "embed",
        [info("input_ids", INT64, [1, "T"])],
        [info("embedding", FLOAT, [1, 4])],
        tensors or [],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def looped() -> onnx.ModelProto:
    """A Loop of 2^60 turns whose condition never ends it."""
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [info("turn", INT64, []), info("go", TensorProto.BOOL, []), info("x", FLOAT, [1, 4])],
        [info("on", TensorProto.BOOL, []), info("y", FLOAT, [1, 4])],
    )
    tensors = [whole("most", 2**60), numpy_helper.from_array(np.ones((1, 4), np.float32), "x0")]
    return embedder([helper.make_node("Loop", ["most", "", "x0"], ["embedding"], body=body)], tensors)


def branched() -> onnx.ModelProto:
    info = helper.make_tensor_value_info
    arm = helper.make_graph([], "arm", [], [info("input_ids", INT64, [1, "T"])])
    return embedder([helper.make_node("Identity", ["input_ids"], ["embedding"], then_branch=arm)])


def expanded(size: list[int]) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Expand", ["input_ids", "size"], ["wide"]),
        helper.make_node("Cast", ["wide"], ["embedding"], to=1),
    ]
    return embedder(nodes, [whole("size", size)])


def multiplied() -> onnx.ModelProto:
    """A length of T * 2^40: no constant is a size by itself."""
    nodes = [
        helper.make_node("Shape", ["input_ids"], ["shape"]),
        helper.make_node("Mul", ["shape", "many"], ["size"]),
        helper.make_node("Expand", ["input_ids", "size"], ["embedding"]),
    ]
    return embedder(nodes, [whole("many", [1, 2**40])])


def doubled() -> onnx.ModelProto:
    """A length doubled forty times by additions."""
    nodes = [helper.make_node("Shape", ["input_ids"], ["s0"])]
    nodes += [helper.make_node("Add", [f"s{n}", f"s{n}"], [f"s{n + 1}"]) for n in range(40)]
    return embedder([*nodes, helper.make_node("Expand", ["input_ids", "s40"], ["embedding"])])


def constant_of_shape() -> onnx.ModelProto:
    return embedder([helper.make_node("ConstantOfShape", ["size"], ["embedding"])], [whole("size", [2**20, 2**20])])


def local_function() -> onnx.ModelProto:
    model = embedder([helper.make_node("Identity", ["input_ids"], ["embedding"])])
    opset = [helper.make_opsetid("", 21)]
    model.functions.append(
        helper.make_function("x", "f", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])], opset)
    )
    return model


def claimed() -> onnx.ModelProto:
    """A tensor of 2^40 numbers that holds four bytes."""
    tensor = TensorProto(name="w", dims=[2**20, 2**20], data_type=FLOAT, raw_data=b"\0" * 4)
    return embedder([helper.make_node("Identity", ["w"], ["embedding"])], [tensor])


def outside(location: str, offset: str, length: str) -> Callable[[], onnx.ModelProto]:
    """A tensor of four numbers in another file."""

    def build() -> onnx.ModelProto:
        tensor = TensorProto(name="w", dims=[4], data_type=FLOAT, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", location), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=value)
        return embedder([helper.make_node("Identity", ["w"], ["embedding"])], [tensor])

    return build


def product(**attributes: int) -> onnx.ModelProto:
    given = {"K": 32, "N": 4, "bits": 4, "block_size": 32} | attributes
    node = helper.make_node("MatMulNBits", ["x", "codes", "scales"], ["embedding"], domain="com.microsoft", **given)
    codes = numpy_helper.from_array(np.zeros((4, 1, 16), np.uint8), "codes")
    scales = numpy_helper.from_array(np.ones((4, 1), np.float32), "scales")
    return embedder([node], [codes, scales, numpy_helper.from_array(np.ones((1, 32), np.float32), "x")])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (looped, "a graph within the graph"),
        (branched, "a graph within the graph"),
        (constant_of_shape, "expected known operators, got :ConstantOfShape"),
        (lambda: expanded([2**20, 2**20]), "sizes of Expand up to"),
        (multiplied, "sizes of Expand that follow from shapes, got Mul"),
        (doubled, "sizes of Expand that follow from shapes, got Add"),
        (local_function, "functions or training"),
        (claimed, "4398046511104 bytes for w"),
        (outside("../base.ptd", "0", "16"), "w in a file beside it"),
        (outside("/etc/hostname", "0", "16"), "w in a file beside it"),
        (outside("missing.bin", "0", "16"), "w in a file beside it"),
        (outside("data.bin", "8", "16"), "w within the 16 bytes of data.bin, got an end at 24"),
        (outside("data.bin", "-8", "16"), "w within the 16 bytes"),
        (outside("data.bin", "x", "16"), "an ONNX model"),
        (outside("data.bin", "0", "12"), "16 bytes for w"),
        (lambda: product(N=8), "128 codes and 8 scales for 8 x 32, got 64 and 4"),
        (lambda: product(K=64), "codes and 8 scales"),
        (lambda: product(bits=2), "MatMulNBits with K, N, bits"),
    ],
)
def test_a_graph_that_is_refused(build: Callable[[], onnx.ModelProto], message: str, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"\0" * 16)
    path = tmp_path / "embed.onnx"
    path.write_bytes(build().SerializeToString())
    with pytest.raises(BundleError, match=message):
        check_embedder_graph(path)


@pytest.mark.parametrize("build", [lambda: expanded([1, 64]), product, outside("data.bin", "0", "16")])
def test_an_honest_graph_is_taken(build: Callable[[], onnx.ModelProto], tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"\0" * 16)
    path = tmp_path / "embed.onnx"
    path.write_bytes(build().SerializeToString())
    assert check_embedder_graph(path).nodes


def language_model(layers: int = 1, kv_heads: int = 2, head_dim: int = 8, vocab_size: int = 16, **others: int) -> bytes:
    info = helper.make_tensor_value_info
    past = [1, kv_heads, "C", head_dim]
    names = [f"{i}.{side}" for i in range(layers) for side in ("key", "value")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["tokens"], ["logits"])],
        "model",
        [
            info("tokens", others.get("tokens", INT64), [1, "T"]),
            info("past_length", INT64, [1]),
            info("logit_positions", INT64, ["P"]),
            *(info(f"past.{name}", FLOAT, past) for name in names),
        ],
        [info("logits", FLOAT, [1, "P", vocab_size]), *(info(f"present.{name}", FLOAT, past) for name in names)],
    )
    data: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]).SerializeToString()
    return data


@pytest.mark.parametrize(
    "other", [{"layers": 2}, {"layers": 0}, {"kv_heads": 1}, {"head_dim": 16}, {"vocab_size": 15}, {"tokens": FLOAT}]
)
def test_the_manifests_facts_are_the_graphs(other: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(language_model())
    check_graph(path, **FACTS)
    path.write_bytes(language_model(**other))
    with pytest.raises(BundleError, match=r"wrong graph model\.onnx: expected") as refusal:
        check_graph(path, **FACTS)
    assert refusal.value.reason == "unlinkable parts"


def test_what_is_read_is_what_onnx_reads() -> None:
    model = onnx.ModelProto.FromString(language_model())
    graph = read_graph(model.SerializeToString(), "model.onnx")
    assert [node.operator for node in graph.nodes] == [node.op_type for node in model.graph.node]
    assert list(graph.inputs) == [value.name for value in model.graph.input]
    assert graph.outputs["logits"] == (FLOAT, (1, None, 16))


def test_any_cut_or_flipped_byte_is_read_or_refused() -> None:
    data, generator = language_model(), np.random.default_rng(5)
    for _ in range(2000):
        changed = bytearray(data[: int(generator.integers(1, len(data) + 1))])
        changed[int(generator.integers(0, len(changed)))] ^= 1 << int(generator.integers(0, 8))
        with suppress(BundleError):
            read_graph(bytes(changed), "model.onnx")


@pytest.mark.parametrize(("inputs", "takes"), [("a b s t z", False), ("a b s t z ", True), ("a b s t z y", True)])
def test_exact_sums_are_asked_of_products_with_all_their_inputs(inputs: str, takes: bool) -> None:
    node = helper.make_node("MatMulIntegerToFloat", inputs.split(" "), ["embedding"], domain="com.microsoft")
    assert read_graph(embedder([node]).SerializeToString(), "g").takes_exact_sums is takes
    assert read_graph(embedder([]).SerializeToString(), "g").takes_exact_sums
