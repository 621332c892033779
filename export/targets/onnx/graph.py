"""Surgery on a traced ONNX graph: fold what kernels already do, drop LoRA slots, point initializers at their bytes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

from runtime_py.errors import ExportError

SIDES = ("lora_A", "lora_B")


@dataclass(frozen=True)
class External:
    """Bytes of a file that lies beside the graph."""

    location: str
    offset: int
    length: int


class Edges:
    """Who makes a value and who reads it."""

    def __init__(self, model: ModelProto) -> None:
        self.maker = {name: node for node in model.graph.node for name in node.output if name}
        self.readers: dict[str, list[NodeProto]] = {}
        for node in model.graph.node:
            for name in filter(None, node.input):
                self.readers.setdefault(name, []).append(node)

    def made_by(self, name: str, op_type: str) -> NodeProto:
        node = self.maker.get(name)
        if node is None or node.op_type != op_type:
            got = node.op_type if node else "an input"
            raise ExportError(f"traced graph: expected {name!r} to come from {op_type}, got {got}; unsupported family")
        return node

    def reader(self, name: str, op_type: str) -> NodeProto:
        readers = self.readers.get(name, [])
        if len(readers) != 1 or readers[0].op_type != op_type:
            got = ", ".join(r.op_type for r in readers) or "nothing"
            raise ExportError(f"traced graph: expected {name!r} to be read by one {op_type}, got {got}")
        return readers[0]

    def only_reader(self, name: str) -> NodeProto | None:
        """The one node that reads `name`, None where several do or none does."""
        readers = self.readers.get(name, [])
        return readers[0] if len(readers) == 1 else None


def simplify(model: ModelProto) -> None:
    """Takes out the head transposes around attention, adds residuals inside the norms, drops dead nodes."""
    _drop_round_trips(model)
    for node in [n for n in model.graph.node if n.op_type == "GroupQueryAttention"]:
        _feed_flat(model, node)
    for node in [n for n in model.graph.node if n.op_type == "SkipSimplifiedLayerNormalization"]:
        _add_residual_inside(model, node)
    sort(model)
    remove_dead(model)


def slots(model: ModelProto) -> list[str]:
    """Paths that have a LoRA slot, in graph order."""
    return [i.name.removesuffix(".lora_A") for i in model.graph.initializer if i.name.endswith(".lora_A")]


def keep_slots(model: ModelProto, modules: Collection[str]) -> None:
    """Drops the LoRA slots of all other modules; raises `ExportError` for a module that has none."""
    have = slots(model)
    foreign = sorted(set(modules) - set(have))
    if foreign:
        raise ExportError(f"adapter module {foreign[0]!r}: expected one of the graph's {len(have)} linears, found none")
    edges, plain = Edges(model), {}
    for module in set(have) - set(modules):
        down = edges.reader(f"{module}.lora_A", "MatMul")
        up = edges.reader(down.output[0], "MatMul")
        add = edges.reader(up.output[0], "Add")
        plain[add.output[0]] = next(name for name in add.input if name != up.output[0])
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name in plain:
                node.input[place] = plain[name]
    remove_dead(model)


def set_accuracy_level(model: ModelProto, level: int) -> None:
    """0: float32 arithmetic, the arbiter; 4: activations rounded to int8, the fast path."""
    for node in model.graph.node:
        if node.op_type == "MatMulNBits":
            attribute = next(a for a in node.attribute if a.name == "accuracy_level")
            attribute.i = level


def fill(
    model: ModelProto,
    external: Mapping[str, tuple[tuple[int, ...], External]],
    matrices: Mapping[str, npt.NDArray[np.float32]],
) -> None:
    """Gives every initializer its bytes: a window of a file beside the graph, or a matrix inside it.

    LoRA matrices, `[K, rank]` and `[rank, N]`, become optional inputs as well, the rank of each slot symbolic.
    """
    for tensor in model.graph.initializer:
        for field in ("raw_data", "external_data", "float_data"):
            tensor.ClearField(field)
        if tensor.name in external:
            shape, window = external[tensor.name]
            _fill_external(tensor, shape, window)
        elif tensor.name in matrices:
            tensor.data_location = TensorProto.DEFAULT
            tensor.dims[:] = matrices[tensor.name].shape
            tensor.raw_data = np.ascontiguousarray(matrices[tensor.name], "<f4").tobytes()
        else:
            raise ExportError(
                f"traced graph: expected bytes for {tensor.name!r}, found none in the base or the adapter"
            )
        if tensor.name.endswith(SIDES):
            _add_input(model, tensor)


def take_in(graph: bytes, folder: Path) -> bytes:
    """The graph with the bytes of every file of `folder` that it reads inside; windows of other files stay."""
    model = ModelProto.FromString(graph)
    for tensor in model.graph.initializer:
        window = {entry.key: entry.value for entry in tensor.external_data}
        if window and (folder / window["location"]).is_file():
            with (folder / window["location"]).open("rb") as file:
                file.seek(int(window["offset"]))
                tensor.raw_data = file.read(int(window["length"]))
            tensor.ClearField("external_data")
            tensor.data_location = TensorProto.DEFAULT
    serialized: bytes = model.SerializeToString(deterministic=True)
    return serialized


def _add_input(model: ModelProto, tensor: TensorProto) -> None:
    slot, side = tensor.name.rsplit(".", 1)
    rank = f"{slot}.rank"
    shape = [tensor.dims[0], rank] if side == "lora_A" else [rank, tensor.dims[1]]
    model.graph.input.append(helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, shape))


def _fill_external(tensor: TensorProto, shape: tuple[int, ...], window: External) -> None:
    if tensor.name.endswith(SIDES):
        tensor.dims[:] = shape
    elif int(np.prod(tensor.dims)) != int(np.prod(shape)):
        raise ExportError(
            f"initializer {tensor.name!r}: expected shape {list(tensor.dims)}, the base has {list(shape)}"
        )
    tensor.data_location = TensorProto.EXTERNAL
    for key in ("location", "offset", "length"):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(getattr(window, key))


def _drop_round_trips(model: ModelProto) -> None:
    """Two transposes that undo each other."""
    edges = Edges(model)
    for back in [n for n in model.graph.node if n.op_type == "Transpose"]:
        forth = edges.maker.get(back.input[0])
        if forth is not None and forth.op_type == "Transpose":
            first, second = (list(node.attribute[0].ints) for node in (forth, back))
            if [first[axis] for axis in second] == sorted(first):
                replace_uses(model, back.output[0], forth.input[0])


def _feed_flat(model: ModelProto, attention: NodeProto) -> None:
    """Heads are split and flattened again: without a head norm between, a round trip."""
    edges = Edges(model)
    for place in range(3):
        flatten = edges.made_by(attention.input[place], "Reshape")
        split = edges.made_by(flatten.input[0], "Reshape")
        before = edges.maker.get(split.input[0])
        if before is None or before.op_type != "SkipSimplifiedLayerNormalization":
            attention.input[place] = split.input[0]
    split = edges.reader(attention.output[0], "Reshape")
    flatten = edges.reader(split.output[0], "Reshape")
    replace_uses(model, flatten.output[0], attention.output[0])


def _add_residual_inside(model: ModelProto, norm: NodeProto) -> None:
    """`s = a + b; Norm(s, s-s)` becomes `Norm(a, b)`, whose fourth output is s: the same sum, one pass less."""
    edges = Edges(model)
    initializers = {i.name for i in model.graph.initializer}
    add = edges.maker.get(norm.input[0])
    if add is None or add.op_type != "Add" or initializers & set(add.input):
        return
    if any(name in edges.maker and edges.maker[name].op_type == "MatMul" for name in add.input):
        return  # a LoRA slot, which linking may take out
    norm.input[0], norm.input[1] = add.input
    outputs = [norm.output[0], "", "", add.output[0]]
    del norm.output[:]
    norm.output.extend(outputs)
    # The sum's other readers may stand before the norm, so the norm takes the addition's place.
    fused = NodeProto()
    fused.CopyFrom(norm)
    model.graph.node.remove(norm)
    add.CopyFrom(fused)


def replace_uses(model: ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new


def sort(model: ModelProto) -> None:
    """Moves what a node reads in front of it; nodes that stand right stay where they are."""
    maker = Edges(model).maker
    done: dict[str, NodeProto] = {}

    def place(node: NodeProto) -> None:
        for name in node.input:
            if name in maker and maker[name].output[0] not in done:
                place(maker[name])
        done.setdefault(node.output[0], node)

    for node in model.graph.node:
        place(node)
    ordered = [NodeProto.FromString(node.SerializeToString()) for node in done.values()]
    del model.graph.node[:]
    model.graph.node.extend(ordered)


def remove_dead(model: ModelProto) -> None:
    needed = {output.name for output in model.graph.output}
    alive = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed |= set(filter(None, node.input))
            alive.append(node)
    kept = [onnx.NodeProto.FromString(n.SerializeToString()) for n in reversed(alive)]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    initializers = [i for i in model.graph.initializer if i.name in needed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(initializers)
