"""What a graph must be before ONNX Runtime sees it: known operators, no loops, bounded sizes, the manifest's shapes."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path

from runtime_py.errors import BundleError
from runtime_py.programs.graph import ITEM_BYTES, Graph, Node, Tensor, read_graph

Shapes = Mapping[str, tuple[int, tuple[int | None, ...]]]

_STANDARD = (
    "Abs Add And ArgMax BitShift BitwiseAnd BitwiseOr Cast CastLike Ceil Clip Concat Constant Cos "
    "DequantizeLinear Div DynamicQuantizeLinear Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND "
    "Gelu Gemm Greater GreaterOrEqual Identity LayerNormalization Less LessOrEqual MatMul MatMulInteger Max Min "
    "Mod Mul Neg Not Or Pow QuantizeLinear RMSNormalization Range Reciprocal ReduceMax ReduceMean ReduceMin "
    "ReduceSum Relu Reshape Round ScatterND Shape Sigmoid Sign Sin Slice Softmax Softplus Split Sqrt Squeeze Sub "
    "Sum Swish Tanh Transpose Trilu Unsqueeze Where"
)
_CONTRIBUTED = (
    "BiasGelu DynamicQuantizeMatMul FastGelu GatherBlockQuantized Gelu GroupQueryAttention MatMulIntegerToFloat "
    "MatMulNBits QuickGelu RotaryEmbedding "
    "SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization"
)
_SEEING = (
    "AveragePool BatchNormalization Conv GlobalAveragePool HardSigmoid HardSwish Log LogSoftmax MaxPool ReduceLogSumExp"
)
_SIZES = "Shape Gather Unsqueeze Squeeze Concat Cast CastLike Constant Slice Reshape Identity Max Min Add Sub"
STANDARD, CONTRIBUTED, SEEING, _SIZE_STEPS = (
    frozenset(names.split()) for names in (_STANDARD, _CONTRIBUTED, _SEEING, _SIZES)
)
OPERATORS = {"": STANDARD | {"SimplifiedLayerNormalization"}, "ai.onnx": STANDARD, "com.microsoft": CONTRIBUTED}
ROWS = "rows"
"""The input of a language graph that takes embeddings, float32 `[R, D]`: token V + r stands for row r."""

GROWING = {"Expand": 1, "Range": 0}
"""Operators whose output's size is a value; the first input that says it."""

_MOST_ADDED = 16
_MOST_ELEMENTS = 1 << 24
_MOST_AROUND = 64  # of pads, strides, dilations and kernels: what grows a picture
_INT4 = 22  # ONNX's data type, two to a byte


def check_graph(
    path: Path, weights: Path | None = None, /, *, layers: int, kv_heads: int, head_dim: int, vocab_size: int
) -> Graph:
    """The graph of a language model, which fits these facts; raises `BundleError`.

    `weights` is the folder of the files that it reads, by default its own.
    """
    graph = _checked(path, weights=weights)
    pasts = {f"{i}.{side}" for i in range(layers) for side in ("key", "value")}
    wanted: dict[str, tuple[int, tuple[int | None, ...]]] = {
        "tokens": (7, (1, None)),
        "past_length": (7, (1,)),
        "logit_positions": (7, (None,)),
        **{f"past.{past}": (1, (1, kv_heads, None, head_dim)) for past in pasts},
    }
    given = {"logits": (1, (1, None, vocab_size))} | {
        f"present.{past}": (1, (1, kv_heads, None, head_dim)) for past in pasts
    }
    inputs = {key: value for key, value in graph.inputs.items() if key not in graph.initializers}
    inputs = {key: value for key, value in inputs.items() if not key.endswith((".lora_A", ".lora_B"))}
    _compare(path.name, "input", wanted, inputs)
    if ROWS in graph.inputs:
        _check_rows(path.name, graph)
    _compare(path.name, "output", given, graph.outputs)
    return graph


def check_fixed_graph(path: Path, inputs: Shapes, outputs: Shapes) -> Graph:
    """A graph of static shapes that has exactly these inputs and outputs; raises `BundleError`."""
    graph = _checked(path, {**ITEM_BYTES, _INT4: 0.5})
    _compare(path.name, "input", inputs, graph.inputs)
    _compare(path.name, "output", outputs, graph.outputs)
    return graph


def check_vision_graph(path: Path, side: int, tokens: int, hidden: int) -> Graph:
    """The graph that makes `tokens` rows of a picture; raises `BundleError`."""
    graph = _checked(path, operators=SEEING)
    for node in graph.nodes:
        around = [value for key, value in node.attributes.items() if key != "group"]
        if node.operator in SEEING and max(around, default=0) > _MOST_AROUND:
            raise _refused(path.name, f"numbers of {node.operator} up to {_MOST_AROUND}", str(max(around)))
    inputs = {key: value for key, value in graph.inputs.items() if key not in graph.initializers}
    _compare(path.name, "input", {"pixels": (2, (side, side, 3))}, inputs)
    _compare(path.name, "output", {ROWS: (1, (tokens, hidden))}, graph.outputs)
    return graph


def check_embedder_graph(path: Path) -> Graph:
    """The graph of a sentence embedder; raises `BundleError`."""
    graph = _checked(path)
    known = {"input_ids", "attention_mask", "token_type_ids"}
    inputs = [name for name in graph.inputs if name not in graph.initializers]
    if not known.issuperset(inputs) or len(graph.outputs) != 1:
        raise _unlinkable(
            path.name, f"inputs out of {sorted(known)} and one output", f"{inputs[:4]} and {list(graph.outputs)[:4]}"
        )
    return graph


def _compare(
    name: str,
    what: str,
    wanted: Shapes,
    got: Shapes,
) -> None:
    if different := sorted(set(wanted) ^ set(got)):
        expected = f"the {what} {different[0]}" if different[0] in wanted else f"no {what} {different[0][:60]}"
        raise _unlinkable(name, f"{expected} of the manifest's model", "another graph")
    for key, value in wanted.items():
        kind, dims = got[key]
        same = kind == value[0] and len(dims) == len(value[1])
        if not same or any(a != b for a, b in zip(dims, value[1], strict=True) if b is not None):
            raise _unlinkable(name, f"{key} of data type {value[0]}, {list(value[1])}", f"{kind}, {list(dims)}")


def _check_rows(name: str, graph: Graph) -> None:
    """Rows of one known width, with a default that one may leave."""
    kind, dims = graph.inputs[ROWS]
    held = graph.initializers.get(ROWS)
    if kind != 1 or len(dims) != 2 or dims[0] is not None or held is None or held.dims != (1, dims[1]):
        raise _unlinkable(name, f"{ROWS} of data type 1, [None, D], and a default of one row", f"{kind}, {list(dims)}")


def _checked(
    path: Path,
    item_bytes: Mapping[int, float] = ITEM_BYTES,
    operators: Collection[str] = frozenset(),
    weights: Path | None = None,
) -> Graph:
    """The graph of `path`, of known operators, bounded sizes, and tensors that lie in files of the folder `weights`."""
    graph, name = read_graph(path.read_bytes(), path.name), path.name
    for node in graph.nodes:
        is_standard = node.domain in ("", "ai.onnx")
        if node.operator not in OPERATORS.get(node.domain, ()) and not (is_standard and node.operator in operators):
            raise _refused(name, "known operators", f"{node.domain[:40]}:{node.operator[:40]}")
    for key, tensor in graph.initializers.items():
        _check_tensor(path.name, weights or path.parent, key, tensor, item_bytes)
    constants = dict(graph.initializers)
    constants |= {out: node.constant for node in graph.nodes for out in node.outputs if node.constant is not None}
    producers = {out: node for node in graph.nodes for out in node.outputs}
    for node in graph.nodes:
        if node.operator in GROWING and node.domain in ("", "ai.onnx"):
            for size in node.inputs[GROWING[node.operator] :]:
                _check_size(name, node.operator, size, constants, producers)
        if node.operator == "MatMulNBits":
            _check_matrix(name, node, graph.initializers, producers)
    return graph


def _check_tensor(name: str, weights: Path, key: str, tensor: Tensor, item_bytes: Mapping[int, float]) -> None:
    if tensor.kind not in item_bytes or min(tensor.dims, default=1) < 0:
        raise _refused(name, f"{key[:60]} of a known type and size", f"{tensor.kind} {tensor.dims[:8]}")
    expected = math.ceil(math.prod(tensor.dims) * item_bytes[tensor.kind])
    if tensor.length != expected:
        raise _refused(name, f"{expected} bytes for {key[:60]} {list(tensor.dims)}", str(tensor.length))
    if tensor.location is None:
        return
    file = weights / tensor.location
    if "/" in tensor.location or "\\" in tensor.location or tensor.location in ("", ".", "..") or not file.is_file():
        raise _unlinkable(name, f"{key[:60]} in a file beside it", repr(tensor.location[:60]))
    size = file.stat().st_size
    if tensor.offset < 0 or tensor.offset + tensor.length > size:
        raise _unlinkable(
            name,
            f"{key[:60]} within the {size} bytes of {tensor.location}",
            f"an end at {tensor.offset + tensor.length}",
        )


def _check_size(
    name: str, operator: str, wanted: str, constants: Mapping[str, Tensor], producers: Mapping[str, Node]
) -> None:
    """What says a size is made of shapes and small numbers, by few additions and no product."""
    waiting, seen, added = [wanted], set(), 0
    while waiting:
        value = waiting.pop()
        if value in seen or not value:
            continue
        seen.add(value)
        if value in constants:
            if abs(math.prod(constants[value].values or (1,))) > _MOST_ELEMENTS:
                raise _refused(name, f"sizes of {operator} up to {_MOST_ELEMENTS}", "a larger one")
        elif value in producers:
            node = producers[value]
            added += node.operator in ("Add", "Sub")
            if node.operator not in _SIZE_STEPS or added > _MOST_ADDED:
                raise _refused(name, f"sizes of {operator} that follow from shapes", f"{node.operator} among them")
            waiting += node.inputs if node.operator != "Shape" else ()


def _check_matrix(name: str, node: Node, initializers: Mapping[str, Tensor], producers: Mapping[str, Node]) -> None:
    """A `MatMulNBits` whose codes and scales (cast in the graph) have the sizes that its attributes say."""
    casts = [producers.get(key) for key in node.inputs[1:3]]
    keys = [cast.inputs[0] if cast and cast.inputs else key for key, cast in zip(node.inputs[1:3], casts, strict=True)]
    columns, rows, bits, block = (node.attributes.get(key, 0) for key in ("K", "N", "bits", "block_size"))
    parts = [initializers.get(key) for key in keys]
    if (
        min(columns, rows) < 1
        or bits not in (4, 8)
        or block not in (16, 32, 64, 128, 256)
        or len(parts) != 2
        or None in parts
    ):
        raise _refused(name, "MatMulNBits with K, N, bits, block_size and its weights", "others")
    blocks = rows * -(-columns // block)
    codes, scales = (math.prod(part.dims) for part in parts if part)
    if codes != blocks * block * bits // 8 or scales != blocks:
        expected = f"{blocks * block * bits // 8} codes and {blocks} scales for {rows} x {columns}"
        raise _refused(name, expected, f"{codes} and {scales}")


def _refused(name: str, expected: str, got: str) -> BundleError:
    return BundleError(f"refused graph {name}: expected {expected}, got {got}; export the bundle again")


def _unlinkable(name: str, expected: str, got: str) -> BundleError:
    return BundleError(
        f"wrong graph {name}: expected {expected}, got {got}; export the bundle again", "unlinkable parts"
    )
