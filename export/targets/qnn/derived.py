"""Ranges that follow from measured ones: with room, of a mask, and of what a folded adapter adds to."""

from collections.abc import Collection, Mapping

from onnx import ModelProto

from export.targets.qnn.quantize import MOVES, Range
from runtime_py.errors import ExportError

ROOM = 1.25
"""Rows that were not measured reach further; of 16 bits this takes 0.3, which no logits showed."""
_BEYOND = 20.0  # a score so far below the least one leaves e^-20 of a key


class _Measured:
    """Ranges by name; raises `ExportError` for a value that was not measured."""

    def __init__(self, ranges: Mapping[str, Range]) -> None:
        self._ranges = ranges

    def __getitem__(self, name: str) -> Range:
        if name not in self._ranges:
            raise ExportError(f"no range of {name}: expected one, got none; measure the ranges again")
        return self._ranges[name]


def with_room(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Every range `ROOM` times as wide, about zero."""
    return {name: (low * ROOM, high * ROOM) for name, (low, high) in ranges.items()}


def with_mask(ranges: Mapping[str, Range], traced: ModelProto) -> tuple[dict[str, Range], float]:
    """The ranges with the mask's, which follows from the scores; what a mask adds."""
    measured, masked = _Measured(ranges), [node.input[0] for node in traced.graph.node if "mask" in node.input]
    low = -(max(high - low for low, high in (measured[_moved_from(name, traced)] for name in masked)) + _BEYOND)
    return {**ranges, "mask": (low, 0.0)}, low


def with_kept(ranges: Mapping[str, Range], traced: ModelProto) -> dict[str, Range]:
    """New keys and values reach what those of the first token do, which is kept and measured with them alone."""
    measured, found = _Measured(ranges), dict(ranges)
    for output in traced.graph.output:
        if output.name.startswith("present."):
            source = _moved_from(output.name, traced)
            (low, high), (least, most) = measured[output.name], measured[source]
            found[output.name] = found[source] = min(low, least), max(high, most)
    return found


def _moved_from(name: str, traced: ModelProto) -> str:
    made_by = {node.output[0]: node for node in traced.graph.node}
    while name in made_by and made_by[name].op_type in MOVES:
        name = made_by[name].input[0]
    return name


def with_folded(ranges: Mapping[str, Range], modules: Collection[str]) -> dict[str, Range]:
    """Ranges that were measured with adapters as inputs, by the names of a graph in whose weights they are.

    There a product, and its sum with a bias, reach what here the sum with the adapter's part does.
    """
    measured, found = _Measured(ranges), dict(ranges)
    for module in modules:
        product, added = f"{module}/MatMul.0", f"{module}/Add.0"
        if (whole := f"{module}/Add.1") in ranges:  # Add.0 is that of the bias
            (low, high), (least, most) = measured[product], measured[f"{module}/MatMul.2"]
            found |= {product: (low + least, high + most), added: measured[whole]}
        else:
            found[product] = measured[added]
    return found
