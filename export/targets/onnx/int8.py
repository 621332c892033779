"""Int8 matrices on ONNX Runtime: the very bytes that XNNPACK reads, in an integer product whose inputs lose nothing.

A template holds one `MatMulNBits` of 8 bits over codes `[N, K]` and scales `[N]`, which packing joins as it does int4
ones; here nodes that ONNX Runtime has take its place. Each row x of an input becomes two rows of int8, its rounding to
1/127 of its largest value and what that left out, in 1/254 of a step: 15 bits in all, so the shipped graph equals a
float32 one almost to its last bits. The sums are integers: a row's result does not depend on its neighbours.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from export.targets.onnx.graph import remove_dead, sort

_LARGEST, _REST = 127.0, 254.0
_SMALLEST_STEP = 1e-30  # a row of zeros has a step, too
_HALVES = ".halves"
_CODES, _STEPS = ".int8", ".int8.steps"


def is_int8(node: NodeProto) -> bool:
    """Whether `node` is a template's product with an int8 matrix."""
    return node.op_type == "MatMulNBits" and any(a.name == "bits" and a.i == 8 for a in node.attribute)


def finish(model: ModelProto, accuracy_level: int) -> None:
    """Replaces every int8 product of a template: integers at level 4, float32 at 0, the arbiter."""
    made: list[NodeProto] = []
    for node in [n for n in model.graph.node if is_int8(n)]:
        x, codes, scales, y = node.input[0], node.input[1], node.input[2], node.output[0]
        if len(node.input) > 5:
            made.append(helper.make_node("Add", [f"{y}.unbiased", node.input[5]], [y]))
            y = f"{y}.unbiased"
        if accuracy_level:
            if all(f"{x}{_CODES}" not in other.output for other in made):
                made += _split_rows(x)
            made += _integer_product(x, codes, scales, y)
        else:
            made += _float_product(x, codes, scales, y)
        model.graph.node.remove(node)
    if made:
        model.graph.node.extend(_constants() if accuracy_level else [])
        _settle(model, made)


def unround(model: ModelProto) -> None:
    """Turns finished integer products into float32 ones: the arbiter over the very bytes of the graph that ships."""
    maker = {name: node for node in model.graph.node for name in node.output}
    made: list[NodeProto] = []
    for node in [n for n in model.graph.node if n.op_type == "MatMulIntegerToFloat"]:
        x, y = node.input[0].removesuffix(_CODES), node.output[0].removesuffix(_HALVES)
        made += _float_product(x, maker[node.input[1]].input[0], node.input[3], y)
        model.graph.node.remove(maker[y])
    if made:
        _settle(model, made)


def _split_rows(x: str) -> list[NodeProto]:
    """`[1, T, K]` -> uint8 `[1, 2T, K]` around 128 and the steps `[1, 2T, 1]` of its rows."""
    return [
        helper.make_node("Abs", [x], [f"{x}.int8.abs"]),
        helper.make_node("ReduceMax", [f"{x}.int8.abs", "int8.last"], [f"{x}.int8.max"], keepdims=1),
        helper.make_node("Mul", [f"{x}.int8.max", "int8.1/127"], [f"{x}.int8.some"]),
        helper.make_node("Max", [f"{x}.int8.some", "int8.smallest"], [f"{x}.int8.step"]),
        helper.make_node("Div", [x, f"{x}.int8.step"], [f"{x}.int8.scaled"]),
        helper.make_node("Round", [f"{x}.int8.scaled"], [f"{x}.int8.high"]),
        helper.make_node("Sub", [f"{x}.int8.scaled", f"{x}.int8.high"], [f"{x}.int8.left"]),
        helper.make_node("Mul", [f"{x}.int8.left", "int8.254"], [f"{x}.int8.low"]),
        helper.make_node("Concat", [f"{x}.int8.high", f"{x}.int8.low"], [f"{x}.int8.both"], axis=1),
        helper.make_node("QuantizeLinear", [f"{x}.int8.both", "int8.1", "int8.128"], [f"{x}{_CODES}"]),
        helper.make_node("Mul", [f"{x}.int8.step", "int8.1/254"], [f"{x}.int8.small"]),
        helper.make_node("Concat", [f"{x}.int8.step", f"{x}.int8.small"], [f"{x}{_STEPS}"], axis=1),
    ]


def _integer_product(x: str, codes: str, scales: str, y: str) -> list[NodeProto]:
    """y `[1, T, N]`. The turned codes are a constant, which ONNX Runtime computes and packs when it loads.

    The zero points of the codes are left out by name: ONNX Runtime 1.29 reads that input where it asks for exact sums.
    """
    inputs = [f"{x}{_CODES}", f"{y}.turned", f"{x}{_STEPS}", scales, "int8.128", ""]
    return [
        helper.make_node("Transpose", [codes], [f"{y}.turned"], perm=[1, 0]),
        helper.make_node("MatMulIntegerToFloat", inputs, [f"{y}{_HALVES}"], domain="com.microsoft"),
        helper.make_node("Split", [f"{y}{_HALVES}"], [f"{y}.high", f"{y}.low"], axis=1, num_outputs=2),
        helper.make_node("Add", [f"{y}.high", f"{y}.low"], [y]),
    ]


def _float_product(x: str, codes: str, scales: str, y: str) -> list[NodeProto]:
    return [
        helper.make_node("Cast", [codes], [f"{y}.values"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", [f"{y}.values"], [f"{y}.columns"], perm=[1, 0]),
        helper.make_node("Mul", [f"{y}.columns", scales], [f"{y}.weights"]),
        helper.make_node("MatMul", [x, f"{y}.weights"], [y]),
    ]


def _constants() -> list[NodeProto]:
    values = {
        "int8.last": np.array([-1], np.int64),
        "int8.1/127": np.array(1 / _LARGEST, np.float32),
        "int8.smallest": np.array(_SMALLEST_STEP, np.float32),
        "int8.254": np.array(_REST, np.float32),
        "int8.1/254": np.array(1 / _REST, np.float32),
        "int8.1": np.array(1, np.float32),
        "int8.128": np.array(128, np.uint8),
    }
    return [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value, name))
        for name, value in values.items()
    ]


def _settle(model: ModelProto, made: list[NodeProto]) -> None:
    model.graph.node.extend(made)
    sort(model)
    remove_dead(model)
