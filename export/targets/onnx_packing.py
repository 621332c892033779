"""One `MatMulNBits` for q, k and v: their codes and scales lie side by side in `base.ptd`, so one window holds all.

The product is split again, so LoRA slots, head norms and attention see what they saw before, bit by bit. gate and up
stay apart: packing them gained nothing (docs/decisions.md).
"""

from collections.abc import Mapping
from dataclasses import replace

from onnx import ModelProto, NodeProto, TensorProto, helper

from export.targets.onnx_graph import External, remove_dead

Windows = Mapping[str, tuple[tuple[int, ...], External]]
MEMBERS = ("q_proj", "k_proj", "v_proj")
PACKED = "qkv_proj"


def pack(model: ModelProto, windows: Windows) -> dict[str, tuple[tuple[int, ...], External]]:
    """Packs every q, k, v of `model` whose bytes are neighbours; `windows` with those of the packed tensors.

    Neighbours are missing only where the base holds two equal tensors once (biases of zeros): those stay as they are.
    """
    found, kept = dict(windows), {node.output[0]: [node] for node in model.graph.node}
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    products = {node.input[1]: node for node in model.graph.node if node.op_type == "MatMulNBits"}
    readers: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for codes in [name for name in products if name.endswith(f".{MEMBERS[0]}.codes")]:
        parent = codes.removesuffix(f".{MEMBERS[0]}.codes")
        group = [products.get(f"{parent}.{member}.codes") for member in MEMBERS]
        nodes = [node for node in group if node is not None and node.input[0] == products[codes].input[0]]
        biases = _biases(readers, parent, nodes)
        joint = {part: _join(found, parent, part) for part in ("codes", "scales", "bias")}
        packed = {part: window for part, window in joint.items() if window and (part != "bias" or biases)}
        if len(nodes) != len(MEMBERS) or not {"codes", "scales"} <= set(packed):
            continue
        for part, window in packed.items():
            found[f"{parent}.{PACKED}.{part}"] = window
            tensor = TensorProto()
            tensor.CopyFrom(initializers[f"{parent}.{MEMBERS[0]}.{part}"])
            tensor.name, tensor.dims[0] = f"{parent}.{PACKED}.{part}", window[0][0]
            model.graph.initializer.append(tensor)
        ends = biases if "bias" in packed else nodes
        for node in (*nodes, *ends):
            kept[node.output[0]] = []
        rows = [found[f"{parent}.{member}.codes"][0][0] for member in MEMBERS]
        outputs = [node.output[0] for node in ends]
        kept[nodes[0].output[0]] = _packed(nodes[0], f"{parent}.{PACKED}", rows, outputs, "bias" in packed)
    ordered = [NodeProto.FromString(n.SerializeToString()) for group in kept.values() for n in group]
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    remove_dead(model)
    return found


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


def _biases(readers: Mapping[str, list[NodeProto]], parent: str, nodes: list[NodeProto]) -> list[NodeProto]:
    """The additions of the members' biases; none where a product has none, or another reader."""
    adds = [found[0] for node in nodes if len(found := readers.get(node.output[0], [])) == 1]
    named = [f"{parent}.{member}.bias" for member in MEMBERS]
    whole = len(adds) == len(named) and all(name in add.input for name, add in zip(named, adds, strict=True))
    return adds if whole else []


def _packed(first: NodeProto, name: str, rows: list[int], outputs: list[str], has_bias: bool) -> list[NodeProto]:
    """The product over all members in the place of the `first`, its bias, and the split into `outputs`."""
    product = NodeProto()
    product.CopyFrom(first)
    scales, last = f"{name}.scales32", f"{name}.sum" if has_bias else f"{name}.product"
    product.input[1], product.input[2], product.output[0] = f"{name}.codes", scales, f"{name}.product"
    next(a for a in product.attribute if a.name == "N").i = sum(rows)
    cast = helper.make_node("Cast", [f"{name}.scales"], [scales], to=TensorProto.FLOAT)
    bias = helper.make_node("Add", [f"{name}.product", f"{name}.bias"], [last])
    sizes = helper.make_node("Constant", [], [f"{name}.rows"], value_ints=rows)
    split = helper.make_node("Split", [last, f"{name}.rows"], outputs, axis=-1)
    return [cast, product, *([bias] if has_bias else []), sizes, split]
