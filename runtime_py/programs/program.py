"""An ExecuTorch program is checked before it is loaded: ExecuTorch ends the process where an index is wrong."""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from runtime_py.errors import BundleError
from runtime_py.programs.flatbuffer import FlatBuffer
from runtime_py.programs.schemas import KERNELS, PROGRAM, XNNPACK

_ITEM_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 11: 1, 15: 2}
_MOST_RANK = 8
_MOST_BYTES = 1 << 34  # of a program's own memory
_LETTERS = {"T": "Tensor", "N": "Number", "I": "IntList", "L": "TensorList", "-": "Null"}
_INDEXED = ("IntList", "TensorList")
_NONE = 0xFFFFFFFF
_MOST_ELEMENTS = 1 << 28  # of what a delegate computes
_XNN_MOST_RANK = 6

Table = dict[str, Any]
_ABSENT: tuple[str, Table] = ("", {})


@dataclass(frozen=True)
class _File:
    """Where a program's segments lie."""

    data: memoryview
    base: int
    segments: Sequence[Table]

    def segment(self, index: int) -> memoryview:
        _within(index, self.segments, "segment")
        start = self.base + self.segments[index]["offset"]
        return self.data[start : start + self.segments[index]["size"]]


def check_program(path: Path) -> None:
    """Raises `BundleError` (malformed bytes) unless every offset, index and size in the program at `path` holds."""
    check_program_bytes(path.read_bytes(), path.name)


def check_program_bytes(data: bytes, name: str) -> None:
    """As `check_program`, of a file's bytes."""
    try:
        _check(memoryview(data))
    except (ValueError, UnicodeDecodeError, struct.error) as e:
        raise BundleError(
            f"malformed program {name}: expected an ExecuTorch program, got {str(e)[:160]}; export the bundle again",
            "malformed bytes",
        ) from e


def _check(data: memoryview) -> None:
    if len(data) < 64 or bytes(data[4:12]) != b"ET12eh00":
        raise ValueError(f"{bytes(data[4:12])!r} at byte 4")
    length, size, base = struct.unpack_from("<IQQ", data, 12)
    if length < 24 or not 64 <= size <= len(data) or not size <= base <= len(data):
        raise ValueError(f"a head of {length} bytes, a program of {size}, segments from {base}, a file of {len(data)}")
    root = FlatBuffer(data[:size], PROGRAM).root("Program")
    segments = root["segments"] or []
    for segment in segments:
        if base + segment["offset"] + segment["size"] > len(data):
            raise ValueError(f"a segment of {segment['size']} bytes at {segment['offset']}")
    file = _File(data, base, segments)
    for offsets in (
        *([root["constant_segment"]] if root["constant_segment"] else []),
        *(root["mutable_segments"] or []),
    ):
        places = offsets["offsets"] or []
        if places:
            held = len(file.segment(offsets["segment"]))
            if any(a > b for a, b in pairwise([*places, held])):
                raise ValueError("offsets of constants that do not rise within their segment")
    for named in root["named"] or []:
        file.segment(named["segment"])
    keys = {named["key"] for named in root["named"] or []}
    plans = root["plans"] or []
    if not plans or len({plan["name"] for plan in plans}) != len(plans):
        raise ValueError("no method, or two of one name")
    for plan in plans:
        _check_plan(plan, root, file, keys)


def _check_plan(plan: Table, root: Table, file: _File, keys: set[str]) -> None:
    values, buffers = plan["values"] or [], plan["buffers"] or []
    if any(size < 0 for size in buffers) or sum(buffers) > _MOST_BYTES:
        raise ValueError(f"buffers of {buffers[:4]} bytes")
    for value in values:
        if value["held"] is None:
            raise ValueError("a value without a kind")
        kind, held = value["held"]
        if kind in _INDEXED:
            for index in held["items"] or []:
                if index != -1 or kind != "TensorList":
                    _within(index, values, "value")
        elif kind == "Tensor":
            _check_tensor(held, root, file, buffers)
    for index in (*(plan["inputs"] or []), *(plan["outputs"] or [])):
        _within(index, values, "value")
    if not plan["chains"]:
        raise ValueError("no instructions")
    delegates, operators = plan["delegates"] or [], plan["operators"] or []
    for operator in operators:
        if not operator["name"] or operator["overload"] is None:
            raise ValueError("an operator without a name")
    graphs = [_check_delegate(delegate, root, file) for delegate in delegates]
    kinds: dict[int, list[set[str]]] = {}
    for chain in plan["chains"]:
        instructions = chain["instructions"] or []
        for instruction in instructions:
            if instruction["call"] is None:
                raise ValueError("an instruction without a kind")
            kind, call = instruction["call"]
            if kind in ("Jump", "Move", "Free"):
                raise ValueError("an instruction that moves, jumps or frees")
            _within(
                call["operator" if kind == "Kernel" else "delegate"], operators if kind == "Kernel" else delegates, kind
            )
            for index in call["arguments"] or []:
                _within(index, values, "value")
            given = [values[index]["held"] for index in call["arguments"] or []]
            if kind == "Delegated":
                _check_call(given, graphs[call["delegate"]])
            else:
                name = ".".join(filter(None, operators[call["operator"]].values()))
                told = [{_LETTERS[letter]} - {"Null"} for letter in KERNELS.get(name, "-" * len(given))]
                _check_kinds(given, kinds.setdefault(call["operator"], told))


def _check_call(given: Sequence[tuple[str, Table]], graph: Table) -> None:
    """A delegate is given a tensor of the right rank for each of its inputs and outputs; it holds a number as a row."""
    ranks = {tensor["id"]: max(1, tensor["rank"]) for tensor in _tensors(graph["values"] or [])}
    wanted = [ranks[index] for index in (*(graph["inputs"] or []), *(graph["outputs"] or []))]
    got = [max(1, len(held["sizes"] or [])) if kind == "Tensor" else None for kind, held in given]
    if got != wanted:
        raise ValueError(f"tensors of ranks {got[:8]} for a delegate that takes {wanted[:8]}")


def _check_kinds(given: Sequence[tuple[str, Table]], seen: Sequence[set[str]]) -> None:
    """Calls of one operator take as many arguments, of the same kinds but for those that are left out."""
    if len(given) != len(seen):
        raise ValueError(f"{len(given)} arguments of an operator that takes {len(seen)}")
    for (kind, _), known in zip(given, seen, strict=True):
        known |= {"Number" if kind in ("Int", "Double", "Bool") else kind} - {"Null"}
        if len(known) > 1:
            raise ValueError(f"an argument of an operator that is {' and '.join(sorted(known))}")


def _check_tensor(tensor: Table, root: Table, file: _File, buffers: Sequence[int]) -> None:
    sizes, order = tensor["sizes"] or [], bytes(tensor["order"] or b"")
    if tensor["scalar"] not in _ITEM_BYTES or tensor["storage_offset"] or tensor["layout"]:
        raise ValueError(f"a tensor of type {tensor['scalar']}")
    if len(sizes) > _MOST_RANK or sorted(order) != list(range(len(sizes))) or any(size < 0 for size in sizes):
        raise ValueError(f"a tensor of sizes {sizes[:9]} in the order {list(order)[:9]}")
    if tensor["dynamism"] not in (0, 1):
        raise ValueError(f"a tensor of shape kind {tensor['dynamism']}")
    size = math.prod(sizes) * _ITEM_BYTES[tensor["scalar"]]
    extra, place = tensor["extra"], tensor["allocation"]
    if extra and extra["location"]:
        if not extra["name"]:
            raise ValueError("data elsewhere without a name")
    elif tensor["buffer"]:
        _check_constant(tensor["buffer"], size, root, file, extra)
    if place is None:
        return
    start = place["low"] + (place["high"] << 32)
    _within(place["memory"], buffers, "buffer")
    if start + size > buffers[place["memory"]]:
        raise ValueError(f"a tensor of {size} bytes at {start} of a buffer of {buffers[place['memory']]}")


def _check_constant(index: int, size: int, root: Table, file: _File, extra: Table | None) -> None:
    if extra and extra["segment"]:
        groups = root["mutable_segments"] or []
        _within(extra["segment"], groups, "segment of values")
        offsets = groups[extra["segment"]]
    else:
        offsets = root["constant_segment"]
    if offsets and offsets["offsets"]:
        places = offsets["offsets"]
        _within(index, places, "constant")
        held = len(file.segment(offsets["segment"])) - places[index]
    else:
        inline = root["constants"] or []
        _within(index, inline, "constant")
        held = len(inline[index]["data"] or b"")
    if size > held:
        raise ValueError(f"a constant of {size} bytes where {held} are")


def _check_delegate(delegate: Table, root: Table, file: _File) -> Table:
    processed, inline = delegate["processed"], root["inline"] or []
    if delegate["id"] != "XnnpackBackend" or processed is None:
        raise ValueError(f"a delegate of {str(delegate['id'])[:40]}")
    if processed["location"] not in (0, 1):
        raise ValueError("a delegate's bytes elsewhere")
    if not processed["location"]:
        _within(processed["index"], inline, "delegate's bytes")
        data = inline[processed["index"]]["data"] or memoryview(b"")
    else:
        data = file.segment(processed["index"])
    return _check_xnnpack(data)


def _check_xnnpack(data: memoryview) -> Table:
    if len(data) < 32 or bytes(data[4:8]) != b"XH00":
        raise ValueError("a delegate without its head")
    start, size, constants, held = struct.unpack_from("<IIIQ", data, 10)
    if (
        start % 8
        or start + size > len(data)
        or constants + held > len(data)
        or bytes(data[start + 4 : start + 8]) != b"XN01"
    ):
        raise ValueError("a delegate whose graph leaves it")
    graph = FlatBuffer(data[start : start + size], XNNPACK).root("Graph")
    blobs = graph["constants"] or []
    for blob in blobs:
        if not blob["key"] and blob["offset"] + blob["size"] > held:
            raise ValueError("a delegate's constant that leaves it")
    values, ids = graph["values"] or [], set[int]()
    for value in values:
        kind, tensor = value["held"] or _ABSENT
        quant = tensor.get("quant")
        tensor = tensor["tensor"] if kind == "Quantized" else tensor
        if not tensor or tensor["rank"] > _XNN_MOST_RANK or len(tensor["dims"] or []) != tensor["rank"]:
            raise ValueError("a delegate's value without its sizes")
        most = _MOST_BYTES if tensor["constant"] else _MOST_ELEMENTS
        if math.prod(tensor["dims"] or []) > most or not 0 < tensor["datatype"] <= 14:
            raise ValueError("a delegate's value of another size or type")
        if tensor["constant"] > len(blobs) or (kind == "Quantized" and quant is None):
            raise ValueError("a delegate's value without its bytes")
        if quant and quant[0] in ("Channel", "Group"):
            _check_scales(quant[1], tensor, blobs)
        ids.add(tensor["id"])
    if len(ids) != len(values):
        raise ValueError("two values of a delegate with one number")
    for index in (*(graph["inputs"] or []), *(graph["outputs"] or []), *_uses(graph["nodes"] or [])):
        if index not in ids:
            raise ValueError(f"a delegate's value {index}")
    external = [t["external"] for t in _tensors(values) if t["external"] != _NONE]
    if graph["externs"] > len(values) or any(number >= graph["externs"] for number in external):
        raise ValueError("a delegate's outer value beyond their number")
    return graph


def _tensors(values: Sequence[Table]) -> Iterator[Table]:
    for value in values:
        kind, tensor = value["held"]
        yield tensor["tensor"] if kind == "Quantized" else tensor


def _check_scales(quant: Table, tensor: Table, blobs: Sequence[Table]) -> None:
    if not 0 <= quant["dim"] < tensor["rank"] or quant["buffer"] > len(blobs):
        raise ValueError("a delegate's scales for no dimension")
    wanted = tensor["dims"][quant["dim"]]
    if "size" in quant:
        if quant["size"] < 1 or quant["size"] % 32:
            raise ValueError("a delegate's groups of another size")
        wanted = wanted * -(-tensor["dims"][1 - quant["dim"]] // quant["size"]) if tensor["rank"] == 2 else 0
    got = quant["count"] if quant["buffer"] else len(quant["scale"] or quant.get("bf16") or [])
    if got != wanted:
        raise ValueError(f"{got} scales of a delegate where {wanted} are due")


def _uses(nodes: Sequence[Table]) -> Iterator[int]:
    """The numbers of the values that nodes read and write; XNNPACK's own number for none is passed over."""
    for node in nodes:
        if node["node"] is None:
            raise ValueError("a delegate's node without a kind")
        kind, held = node["node"]
        if kind == "Refused":
            raise ValueError("a delegate's node that no export writes")
        count = len(held.get("perm") or held.get("shape") or held.get("sizes") or [])
        if "rank" in held and (held["rank"] != count or count > _XNN_MOST_RANK):
            raise ValueError("a delegate's node without its sizes")
        if kind == "Transpose" and sorted(held["perm"] or []) != list(range(count)):
            raise ValueError("a delegate's transposition of other dimensions")
        for name, index in held.items():
            optional = name == "bias" or name in ("input3", "input4", "input5")
            if name.startswith(("input", "output", "filter", "bias")) and not (optional and index in (_NONE, 0)):
                yield index


def _within(index: int, items: Sequence[Any], what: str) -> None:
    if not 0 <= index < len(items):
        raise ValueError(f"{what} {index} of {len(items)}")
