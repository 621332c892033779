"""Adapter slots of the ONNX graphs: q, k and v share one where their weights are neighbours, other linears have theirs.

A shared slot costs a step three nodes instead of nine. Its A `[K, R]` holds the A of its adapted members side by
side, R the sum of their ranks, its B `[R, Nq + Nk + Nv]` their B on the diagonal and zeros elsewhere, in the order
q, k, v.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError
from runtime_py.weights.base import QuantizedBase
from runtime_py.weights.index import QuantizedTensor

Matrix = NDArray[np.floating]
Pair = tuple[Matrix, Matrix]
MEMBERS = ("q_proj", "k_proj", "v_proj")
SHARED = "qkv_proj"


def members(slot: str) -> tuple[str, ...]:
    """Module paths of the linears that a slot serves."""
    parent, _, last = slot.rpartition(".")
    return tuple(f"{parent}.{member}" for member in MEMBERS) if last == SHARED else (slot,)


def stack(slot: str, pairs: Mapping[str, Pair], shapes: Mapping[str, tuple[int, int]]) -> Pair:
    """A and B of a slot, float32, from A `[K, R]` and B `[R, N]` of its members; rank 0 where none is adapted.

    `shapes` are `[N, K]` of all linears.
    """
    adapted = [member for member in members(slot) if member in pairs]
    columns = shapes[members(slot)[0]][1]
    down = np.concatenate([np.zeros((columns, 0)), *(pairs[member][0] for member in adapted)], axis=1)
    up = np.zeros((down.shape[1], sum(shapes[member][0] for member in members(slot))))
    for member, rows, ranks in _blocks(slot, {member: pairs[member][0].shape[1] for member in adapted}, shapes):
        up[ranks, rows] = pairs[member][1]
    return down.astype(np.float32), up.astype(np.float32)


def unstack(file: str, tensors: Mapping[str, Matrix], ranks: Mapping[str, int], base: QuantizedBase) -> dict[str, Pair]:
    """A `[K, R]` and B `[R, N]` of every target, read from the slots of an adapter file; `ranks` are target -> R.

    Raises `BundleError` for a target that the base has not, a tensor too few or too many, another shape, a value that
    is not finite, or one off the diagonal of a shared slot.
    """
    shapes, left, pairs = {}, dict(tensors), {}
    slots = _slots(tensors, ranks)
    for module in (*ranks, *(member for slot in slots for member in members(slot))):
        weight = base.tensors.get(f"{module}.weight")
        if not isinstance(weight, QuantizedTensor):
            raise _refused(f"foreign adapter {file}: expected modules of this base, got {module}")
        shapes[module] = weight.shape
    for slot, adapted in slots.items():
        if not adapted:
            raise _refused(f"foreign adapter {file}: expected modules with slots of their own, got {slot}")
        height, width = shapes[adapted[0]][1], sum(shapes[member][0] for member in members(slot))
        total = sum(ranks[member] for member in adapted)
        down = _taken(file, left, f"{slot}.lora_A", (height, total))
        up = _taken(file, left, f"{slot}.lora_B", (total, width))
        outside = np.ones(up.shape, bool)
        for member, rows, place in _blocks(slot, {member: ranks[member] for member in adapted}, shapes):
            pairs[member] = down[:, place], up[place, rows]
            outside[place, rows] = False
        if up[outside].any():
            raise _refused(f"foreign adapter {file}: expected {slot}.lora_B to be zero off the diagonal, got a value")
    if left:
        raise _refused(f"foreign adapter {file}: expected only its targets' tensors, got {min(left)}")
    return pairs


def _slots(tensors: Mapping[str, Matrix], targets: Iterable[str]) -> dict[str, list[str]]:
    """Slot -> its adapted members in the order q, k, v."""
    found: dict[str, list[str]] = {}
    for target in targets:
        parent, _, last = target.rpartition(".")
        shared = f"{parent}.{SHARED}"
        slot = shared if last in MEMBERS and f"{shared}.lora_A" in tensors else target
        found.setdefault(slot, []).append(target)
    return {slot: [member for member in members(slot) if member in adapted] for slot, adapted in found.items()}


def _blocks(
    slot: str, ranks: Mapping[str, int], shapes: Mapping[str, tuple[int, int]]
) -> Sequence[tuple[str, slice, slice]]:
    """Each adapted member with its places: among the outputs, and among the ranks."""
    blocks, row, rank = [], 0, 0
    for member in members(slot):
        rows = shapes[member][0]
        if member in ranks:
            blocks.append((member, slice(row, row + rows), slice(rank, rank + ranks[member])))
            rank += ranks[member]
        row += rows
    return blocks


def _taken(file: str, left: dict[str, Matrix], name: str, shape: tuple[int, int]) -> Matrix:
    values = left.pop(name, None)
    if values is None:
        raise _refused(f"partial adapter {file}: expected the tensor {name}, got none")
    if values.shape != shape:
        raise _refused(f"foreign adapter {file}: expected {name} {list(shape)}, got {list(values.shape)}")
    if not np.isfinite(values).all():
        raise BundleError(
            f"invalid adapter {file}: expected finite numbers in {name}, got NaN or infinity; fetch or export the "
            "bundle again"
        )
    return values


def _refused(message: str) -> BundleError:
    return BundleError(f"{message}; fetch or export the bundle again", "unlinkable parts")
