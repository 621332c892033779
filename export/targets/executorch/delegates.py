"""Equal delegates are lowered once: layers repeat, and lowering a delegate takes a hundred times as long as copying it.

XNNPACK's part of a program names its constants by sha256 and holds nothing else of them, so a delegate of the same
graph differs in these 64 hex digits alone (and in handles for profilers, which copies share). Which constant gave which
name is found out on the first delegate of a kind by hashing; one with a name that no constant explains is never copied.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from executorch.backends.xnnpack.utils.utils import get_param_tensor, is_param_node
from executorch.backends.xnnpack.xnnpack_preprocess import XnnpackBackend
from executorch.exir._serialize._named_data_store import NamedDataStore
from executorch.exir.backend.backend_details import PreprocessResult
from torch import Tensor
from torch.export import ExportedProgram

Form = Callable[[Tensor], Tensor]


def _nibbles(codes: Tensor) -> Tensor:
    pairs = codes.to(torch.uint8).reshape(codes.shape[0], -1, 2) + 8
    return pairs[..., 1] << 4 | pairs[..., 0]


_FORMS: dict[str, Form] = {
    "float32": lambda values: values.float(),
    "nibbles": _nibbles,
    "int8": lambda values: values,
    "bfloat16": lambda values: values.to(torch.bfloat16).view(torch.int16),
}
"""How XNNPACK stores a constant: float32 and int8 codes as they are, int4 codes two in a byte, groups' scales bf16."""


@dataclass(frozen=True)
class _Part:
    """A constant of a delegate under the name that the first of its kind has: its place, form and name."""

    place: int
    form: str
    name: str


@dataclass(frozen=True)
class _Kind:
    """The first delegate of a kind and what gave its constants' names."""

    result: PreprocessResult
    parts: list[_Part]


@contextmanager
def equal_delegates_once() -> Iterator[None]:
    """While lowering, XNNPACK's delegates of one graph are lowered once and copied with other constants."""
    original, kinds = XnnpackBackend.preprocess, dict[str, _Kind | None]()

    def preprocess(program: ExportedProgram, specs: list[Any]) -> PreprocessResult:
        constants = _constants(program)
        key = _describe(program, constants, specs)
        kind = kinds.get(key)
        if kind is not None:
            return _copy(kind, constants)
        result = original(program, specs)
        if key not in kinds:
            kinds[key] = _learn(result, constants)
        return result

    XnnpackBackend.preprocess = staticmethod(preprocess)
    try:
        yield
    finally:
        XnnpackBackend.preprocess = staticmethod(original)


def _constants(program: ExportedProgram) -> dict[str, Tensor]:
    """Placeholder -> constant, in the order of the graph."""
    nodes = [n for n in program.graph.nodes if n.op == "placeholder" and is_param_node(program, n)]
    return {node.name: get_param_tensor(program, node) for node in nodes}


def _describe(program: ExportedProgram, constants: dict[str, Tensor], specs: list[Any]) -> str:
    """Everything that a delegate depends on but the values of its constants; which of them are equal is in it."""
    numbers = {node: f"%{place}" for place, node in enumerate(program.graph.nodes)}
    first: dict[bytes, int] = {}
    lines = [str([(spec.key, spec.value) for spec in specs]), str(program.range_constraints)]
    for node in program.graph.nodes:
        arguments = torch.fx.node.map_arg((node.args, node.kwargs), lambda read: numbers[read])
        value = node.meta.get("val")
        values = value if isinstance(value, tuple | list) else [value]
        shapes = [(str(v.dtype), str(v.shape), str(v.stride())) if isinstance(v, Tensor) else str(v) for v in values]
        constant = constants.get(node.name)
        same = None if constant is None else first.setdefault(_digest(constant), len(first))
        tag = (node.meta.get("custom") or {}).get("delegate_constant_tag")
        target = "" if node.op == "placeholder" else str(node.target)
        lines.append(f"{node.op} {target} {arguments} {shapes} {same} {tag}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _learn(result: PreprocessResult, constants: dict[str, Tensor]) -> _Kind | None:
    """Which constant gave each name of the delegate's data; None where one stays unexplained."""
    names = _names(result)
    found: dict[str, _Part] = {}
    for place, constant in enumerate(constants.values()):
        for form in _FORMS:
            is_codes = constant.dtype == torch.int8 and constant.dim() == 2
            if (form in ("nibbles", "int8")) != is_codes or (form == "nibbles" and constant.shape[1] % 2):
                continue
            digest = hashlib.sha256(_stored(constant, form)).hexdigest()
            for name in (digest, f"scale_{digest}"):
                if name in names:
                    found.setdefault(name, _Part(place, form, name))
    return _Kind(result, list(found.values())) if set(found) == names else None


def _copy(kind: _Kind, constants: dict[str, Tensor]) -> PreprocessResult:
    data, store = kind.result.data_store_output, NamedDataStore()
    program, tensors = bytearray(kind.result.processed_bytes), list(constants.values())
    tagged = [(name, entry, None) for name, entry in data.pte_data.items()]
    tagged += [(name, entry, tag) for tag, part in data.external_data.items() for name, entry in part.items()]
    entries = {name: (entry, tag) for name, entry, tag in tagged}
    places = {part.name: _find_all(kind.result.processed_bytes, part.name.encode()) for part in kind.parts}
    for part in kind.parts:
        stored = _stored(tensors[part.place], part.form)
        name = part.name[:-64] + hashlib.sha256(stored).hexdigest()
        for at in places[part.name]:
            program[at : at + len(name)] = name.encode()
        entry, tag = entries[part.name]
        store.add_named_data(name, stored, entry.alignment, tag)
    return PreprocessResult(
        processed_bytes=bytes(program),
        debug_handle_map=kind.result.debug_handle_map,
        data_store_output=store.get_named_data_store_output(),
    )


def _names(result: PreprocessResult) -> set[str]:
    data = result.data_store_output
    return set(data.pte_data) | {name for part in data.external_data.values() for name in part}


def _stored(constant: Tensor, form: str) -> bytes:
    values: bytes = _FORMS[form](constant).contiguous().numpy().tobytes()
    return values


def _digest(constant: Tensor) -> bytes:
    return hashlib.sha256(constant.reshape(-1).view(torch.uint8).numpy().data).digest()


def _find_all(data: bytes, wanted: bytes) -> list[int]:
    places, at = [], data.find(wanted)
    while at >= 0:
        places.append(at)
        at = data.find(wanted, at + 1)
    return places
