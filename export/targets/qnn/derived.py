"""Ranges that follow from measured ones: with room, of masked scores, and of what a folded adapter adds to."""

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
    """The ranges with those of the mask and of masked scores, which follow from the scores; what a mask adds."""
    made_by = {node.output[0]: node for node in traced.graph.node}
    found = {}
    for node in traced.graph.node:
        if "mask" in node.input:
            scores = node.input[0]
            while scores in made_by and made_by[scores].op_type in MOVES:
                scores = made_by[scores].input[0]
            found[node.output[0]] = _Measured(ranges)[scores]
    low = -(max(high - low for low, high in found.values()) + _BEYOND)
    return {**ranges, **{name: (least + low, most) for name, (least, most) in found.items()}, "mask": (low, 0.0)}, low


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
