"""One `MatMulNBits` and one LoRA slot for q, k and v, whose codes and scales lie side by side in `base.ptd`.

The attention kernel takes the packed product whole; where head norms stand between, it is split first. gate and up stay
apart: packing them gained nothing (docs/decisions.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onnx import ModelProto, NodeProto, TensorProto, helper

from export.targets.onnx.graph import Edges, External, remove_dead, sort
from export.targets.onnx.int8 import is_int8
from runtime_py.weights import MEMBERS, SHARED

Windows = dict[str, tuple[tuple[int, ...], External]]
_FIRST = f".{MEMBERS[0]}.codes"


@dataclass(frozen=True)
class _Linear:
    """The nodes of one linear: its product, the additions of its bias and of its LoRA slot where it has them."""

    product: NodeProto
    bias: NodeProto | None
    slot: NodeProto | None

    @property
    def output(self) -> str:
        return str((self.slot or self.bias or self.product).output[0])


def pack(model: ModelProto, windows: Windows) -> Windows:
    """Packs every q, k, v of `model` whose bytes are neighbours; `windows` with those of the packed tensors.

    Neighbours are missing only where the base holds two equal tensors once (biases of zeros): those stay as they are,
    and so do members of which some are int8 and some int4.
    """
    found, edges = dict(windows), Edges(model)
    inserted: dict[str, list[NodeProto]] = {}
    for codes in [tensor.name for tensor in model.graph.initializer if tensor.name.endswith(_FIRST)]:
        parent = codes.removesuffix(_FIRST)
        linears = [_linear(edges, f"{parent}.{member}") for member in MEMBERS]
        parts = ("codes", "scales", "bias") if any(linear.bias for linear in linears) else ("codes", "scales")
        joint = {part: _join(windows, parent, part) for part in parts}
        if (
            None in joint.values()
            or len({(linear.product.input[0], is_int8(linear.product)) for linear in linears}) > 1
        ):
            continue
        name = f"{parent}.{SHARED}"
        for part, window in joint.items():
            if window is not None:
                found[f"{name}.{part}"] = window
                _add_initializer(model, f"{parent}.{MEMBERS[0]}.{part}", f"{name}.{part}", window[0])
        nodes = _product(linears, name)
        if any(linear.slot for linear in linears):
            nodes += _slot(model, linears, name, str(nodes[-1].output[0]))
        rows = [windows[f"{parent}.{member}.codes"][0][0] for member in MEMBERS]
        nodes += _hand_over(edges, linears, name, rows, str(nodes[-1].output[0]))
        inserted[str(linears[0].product.output[0])] = nodes
    _insert(model, inserted)
    return found


def _linear(edges: Edges, module: str) -> _Linear:
    product = next(node for node in edges.readers[f"{module}.codes"] if node.op_type == "MatMulNBits")
    bias = edges.only_reader(str(product.output[0]))
    if bias is None or f"{module}.bias" not in bias.input:
        bias = None
    slot = edges.only_reader(str((bias or product).output[0]))
    ups = [edges.maker.get(name) for name in slot.input] if slot is not None and slot.op_type == "Add" else []
    is_slot = any(up is not None and f"{module}.lora_B" in up.input for up in ups)
    return _Linear(product, bias, slot if is_slot else None)


def _join(windows: Windows, parent: str, part: str) -> tuple[tuple[int, ...], External] | None:
    """The window over one part of all members, None where they are not there or not neighbours."""
    members = [windows.get(f"{parent}.{member}.{part}") for member in MEMBERS]
    if None in members:
        return None
    (shape, first), *rest = [member for member in members if member is not None]
    rows, end = shape[0], first.offset + first.length
    for (more, *_), window in rest:
        if window.offset != end:
            return None
        rows, end = rows + more, window.offset + window.length
    return (rows, *shape[1:]), replace(first, length=end - first.offset)


def _product(linears: Sequence[_Linear], name: str) -> list[NodeProto]:
    """The product over all members, with their biases inside."""
    product = NodeProto()
    product.CopyFrom(linears[0].product)
    product.input[1], product.input[2], product.output[0] = f"{name}.codes", f"{name}.scales32", f"{name}.product"
    if linears[0].bias is not None:
        product.input.extend(["", "", f"{name}.bias"])
    next(a for a in product.attribute if a.name == "N").i = sum(_rows(linear) for linear in linears)
    if is_int8(product):
        product.input[2] = f"{name}.scales"
        return [product]
    cast = helper.make_node("Cast", [f"{name}.scales"], [f"{name}.scales32"], to=TensorProto.FLOAT)
    return [cast, product]


def _slot(model: ModelProto, linears: Sequence[_Linear], name: str, base: str) -> list[NodeProto]:
    """`base + (x @ A) @ B` with the members' stacked matrices."""
    for side in ("lora_A", "lora_B"):
        model.graph.initializer.append(TensorProto(name=f"{name}.{side}", data_type=TensorProto.FLOAT, dims=[0, 0]))
    down = helper.make_node("MatMul", [linears[0].product.input[0], f"{name}.lora_A"], [f"{name}.down"])
    up = helper.make_node("MatMul", [f"{name}.down", f"{name}.lora_B"], [f"{name}.up"])
    return [down, up, helper.make_node("Add", [base, f"{name}.up"], [f"{name}.sum"])]


def _hand_over(edges: Edges, linears: Sequence[_Linear], name: str, rows: list[int], packed: str) -> list[NodeProto]:
    """The packed rows to the attention kernel itself, else split into what the members gave."""
    outputs = [linear.output for linear in linears]
    readers = [edges.only_reader(output) for output in outputs]
    attention = readers[0]
    if attention is not None and attention.op_type == "GroupQueryAttention" and list(attention.input[:3]) == outputs:
        attention.input[0], attention.input[1], attention.input[2] = packed, "", ""
        return []
    sizes = helper.make_node("Constant", [], [f"{name}.rows"], value_ints=rows)
    return [sizes, helper.make_node("Split", [packed, f"{name}.rows"], outputs, axis=-1)]


def _insert(model: ModelProto, inserted: Mapping[str, list[NodeProto]]) -> None:
    """Each list of nodes at the place of the node that made its key; what they make is made by nobody else."""
    made = {name for nodes in inserted.values() for node in nodes for name in node.output}
    ordered: list[NodeProto] = []
    for node in model.graph.node:
        ordered += inserted.get(node.output[0], [])
        if not made & set(node.output):
            ordered.append(node)
    copies = [NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    sort(model)
    remove_dead(model)


def _add_initializer(model: ModelProto, like: str, name: str, shape: tuple[int, ...]) -> None:
    tensor = TensorProto()
    tensor.CopyFrom(next(i for i in model.graph.initializer if i.name == like))
    tensor.name, tensor.dims[0] = name, shape[0]
    model.graph.initializer.append(tensor)


def _rows(linear: _Linear) -> int:
    return int(next(a for a in linear.product.attribute if a.name == "N").i)
