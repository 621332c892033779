"""An ONNX graph read from its bytes: no native code has seen them yet, and `onnx` is not at hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runtime_py.errors import BundleError
from runtime_py.files.limits import MAX_GRAPH_NODES
from runtime_py.programs.wire import Field, fields, integers, nested, number, text

ITEM_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""Bytes of an element by ONNX's data type."""

_INPUTS = 6  # of a MatMulIntegerToFloat, the last one may be empty


@dataclass(frozen=True)
class Tensor:
    """An initializer: its dims and type, its `[offset, end)` in the file `location`, None where bytes are inside."""

    dims: tuple[int, ...]
    kind: int
    location: str | None
    offset: int
    length: int
    values: tuple[int, ...] = ()


@dataclass(frozen=True)
class Node:
    """An operator with its inputs, outputs and whole-number attributes."""

    domain: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, int]
    constant: Tensor | None


@dataclass
class Graph:
    """Nodes, initializers by name, and the types of inputs and outputs: `(data type, dims)`, None for a named dim."""

    nodes: list[Node] = field(default_factory=list)
    initializers: dict[str, Tensor] = field(default_factory=dict)
    inputs: dict[str, tuple[int, tuple[int | None, ...]]] = field(default_factory=dict)
    outputs: dict[str, tuple[int, tuple[int | None, ...]]] = field(default_factory=dict)

    @property
    def takes_exact_sums(self) -> bool:
        """Whether ONNX Runtime may be asked for exact int8 sums: 1.29 ends the process over a product of 5 inputs."""
        return all(len(node.inputs) >= _INPUTS for node in self.nodes if node.operator == "MatMulIntegerToFloat")


def read_graph(data: bytes, name: str) -> Graph:
    """The graph in the bytes of an `.onnx` file; raises `BundleError` (malformed bytes) when they are not one."""
    try:
        return _model(memoryview(data), name)
    except (ValueError, UnicodeDecodeError) as e:
        raise _malformed(name, "an ONNX model", str(e)) from e


def _model(data: memoryview, name: str) -> Graph:
    graph = None
    for key, value in fields(data):
        if key == 7:
            if graph is not None:
                raise ValueError("two graphs")
            graph = _graph(nested(value))
        elif key in (20, 25):
            raise ValueError("functions or training")
    if graph is None:
        raise ValueError("no graph")
    return graph


def _graph(data: memoryview) -> Graph:
    graph = Graph()
    for key, value in fields(data):
        if key == 1:
            graph.nodes.append(_node(nested(value)))
            if len(graph.nodes) > MAX_GRAPH_NODES:
                raise ValueError(f"more than {MAX_GRAPH_NODES} nodes")
        elif key == 5:
            title, tensor = _tensor(nested(value))
            if title in graph.initializers:
                raise ValueError(f"{title[:60]} twice")
            graph.initializers[title] = tensor
        elif key in (11, 12):
            title, kind = _value_info(nested(value))
            (graph.inputs if key == 11 else graph.outputs)[title] = kind
        elif key == 15:
            raise ValueError("sparse weights")
    return graph


def _node(data: memoryview) -> Node:
    names: dict[int, list[str]] = {1: [], 2: [], 4: [], 7: []}
    attributes, constant = {}, None
    for key, value in fields(data):
        if key in names:
            names[key].append(text(value))
        elif key == 5:
            title, whole, tensor = _attribute(nested(value))
            attributes[title] = whole
            constant = tensor or constant
    operator, domain = "".join(names[4]), "".join(names[7])
    held = constant if operator == "Constant" else None
    if operator == "Constant" and held is None:
        held = Tensor((), 7, None, 0, 8, (max((abs(v) for v in attributes.values()), default=0),))
    return Node(domain, operator, tuple(names[1]), tuple(names[2]), attributes, held)


def _attribute(data: memoryview) -> tuple[str, int, Tensor | None]:
    title, whole, tensor = "", 0, None
    for key, value in fields(data):
        if key == 1:
            title = text(value)
        elif key == 3:
            whole = number(value)
        elif key == 5:
            tensor = _tensor(nested(value))[1]
        elif key == 8:
            whole = max(whole, *(abs(v) for v in integers(value)), 0)
        elif key in (6, 11):
            raise ValueError("a graph within the graph")
    return title, whole, tensor


def _tensor(data: memoryview) -> tuple[str, Tensor]:
    title, dims, kind, length, outside, values = "", list[int](), 0, 0, dict[str, str](), list[int]()
    for key, value in fields(data):
        if key == 1:
            dims += integers(value)
        elif key == 2:
            kind = number(value)
        elif key == 8:
            title = text(value)
        elif key == 9:
            raw = nested(value)
            length = len(raw)
            if kind in (6, 7) and length <= 8 * 64 and not length % ITEM_BYTES[kind]:
                size = ITEM_BYTES[kind]
                values = [int.from_bytes(raw[at : at + size], "little", signed=True) for at in range(0, length, size)]
        elif key in (4, 5, 7, 10, 11):
            count, held = _numbers(value, key)
            length += count * ITEM_BYTES.get(kind, 0)
            values += held
        elif key == 13:
            outside |= dict([_entry(nested(value))])
    if not outside:
        return title, Tensor(tuple(dims), kind, None, 0, length, tuple(values))
    offset, length = (int(outside.get(key, "-1")) for key in ("offset", "length"))
    return title, Tensor(tuple(dims), kind, outside.get("location", ""), offset, length)


def _numbers(value: Field, key: int) -> tuple[int, list[int]]:
    """How many numbers a typed data field holds, and the first of them where they are whole."""
    if isinstance(value, int):
        return 1, [value] if key in (5, 7) else []
    if key in (4, 10):
        return len(value) // (4 if key == 4 else 8), []
    whole = list(integers(value))
    return len(whole), whole[:64]


def _entry(data: memoryview) -> tuple[str, str]:
    entry = {key: text(value) for key, value in fields(data)}
    return entry.get(1, ""), entry.get(2, "")


def _value_info(data: memoryview) -> tuple[str, tuple[int, tuple[int | None, ...]]]:
    title, kind, dims = "", 0, list[int | None]()
    for key, value in fields(data):
        if key == 1:
            title = text(value)
        for inner, part in _tensor_type(key, value):
            if inner == 1:
                kind = number(part)
            elif inner == 2:
                sizes = (dict(fields(nested(dim))).get(1) for place, dim in fields(nested(part)) if place == 1)
                dims += [None if size is None else number(size) for size in sizes]
    return title, (kind, tuple(dims))


def _tensor_type(key: int, value: Field) -> Iterator[tuple[int, Field]]:
    """Fields of the tensor type in a value's type, which is its field 2."""
    for kind, message in fields(nested(value)) if key == 2 else ():
        if kind in (4, 5, 8, 9):
            raise ValueError("a value that is no tensor")
        if kind == 1:
            yield from fields(nested(message))


def _malformed(name: str, expected: str, got: str) -> BundleError:
    return BundleError(
        f"malformed graph {name}: expected {expected}, got {got[:120]}; export the bundle again", "malformed bytes"
    )
