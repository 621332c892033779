"""The sketches of one user's vectors in memory, and which of them can be among the nearest to a query.

Reading 100,000 float32 vectors takes longer than a search may, so their sketches are read: int8 products, each with a
bound on its error (`runtime_py.store.forms`). A row is kept when its upper bound reaches the k-th largest lower
bound; no other row can be among the k nearest, so ranking the kept ones by their exact products is exact.
The products of codes are whole numbers, right on every machine: the query's codes stay below 64, so that pairs
of products fit 16 bits, in which processors without VNNI add them.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from runtime_py.retrieval.changes import Change
from runtime_py.store import quantise, sketch_layout

_COLUMN, _ENOUGH_COLUMNS = 64, 8  # so few of the largest values share a column
_PART = 1024  # rows that fit the processor's cache while they are taken up
OFFSET = 64  # the kernel's left side is unsigned
# An ONNX model (IR 8, opset 13) of one node: y int32 [1, N] = MatMulInteger(a uint8 [1, D], b int8 [D, N]).
_PRODUCTS = bytes.fromhex(
    "08083a600a180a01610a0162120179220d4d61744d756c496e74656765721201675a140a0161120f0a0d080212090a020801"
    "0a031201445a150a016212100a0e0803120a0a031201440a0312014e62140a0179120f0a0d080612090a0208010a0312014e"
    "42040a00100d"
)
Number = TypeVar("Number", bound=np.generic)


class SketchIndex:
    """Sketches in the order they came; a removed row's place is taken by the last."""

    def __init__(self) -> None:
        self.count = 0
        self.dimension = 0
        self._places: dict[int, int] = {}
        self._clear(0)

    def apply(self, changes: Sequence[Change]) -> None:
        """Take up changed rows, each named once."""
        known = [row for row, _ in changes if row in self._places]
        if len(known) == self.count:
            self._clear(self.dimension)
        else:
            for row in known:
                self._remove(row)
        added = [(row, sketch) for row, sketch in changes if sketch is not None]
        if added:
            self._append([row for row, _ in added], b"".join(sketch for _, sketch in added))

    def candidates(self, query: NDArray[np.float32], count: int) -> list[int]:
        """Ids of all rows that can be among the `count` with the largest products with `query` `[D]`, in no order."""
        if count >= self.count:
            return [int(row) for row in self._ids[: self.count]]
        exact = query.astype(np.float64)
        length = float(np.linalg.norm(exact))
        scale, codes = quantise(exact, OFFSET - 1)
        rest = float(np.linalg.norm(exact - scale * codes))
        norms, errors = self._norms[: self.count], self._errors[: self.count]
        coarse, bound, work = self._work[:, : self.count]  # in units of the query's scale
        self._products(codes, coarse)
        coarse *= self._scales[: self.count]
        np.multiply(norms, np.float32((rest + 1e-6 * length) / scale), out=bound)
        np.multiply(errors, np.float32(length / scale), out=work)
        bound += work
        kept = _reachable(coarse, bound, count, work)
        # Again with the query's own numbers. A sum of D float32 products is off by D * 2^-24 of the lengths at most.
        fine = (self._rows[kept].astype(np.float32) @ query) * self._scales[kept]
        rounding = (self.dimension + 8) * 2.0**-23 * length
        reach = norms[kept] * np.float32(rounding) + errors[kept] * np.float32(length)
        return [int(row) for row in self._ids[kept[_reachable(fine, reach, count, np.empty_like(fine))]]]

    def _products(self, codes: NDArray[np.int8], out: NDArray[np.float32]) -> None:
        """Whole products of the query's codes with every row's, into `out` `[count]`."""
        left = (codes.astype(np.int16) + OFFSET).astype(np.uint8)[None]
        whole = _session().run(None, {"a": left, "b": self._columns})[0][0][: self.count]
        whole -= self._offsets[: self.count]
        np.copyto(out, whole, casting="same_kind")

    def _clear(self, dimension: int) -> None:
        self.count, self.dimension = 0, dimension
        self._places.clear()
        self._columns = np.zeros((dimension, 0), np.int8)
        self._rows = np.zeros((0, dimension), np.int8)
        self._ids = np.zeros(0, np.int64)
        self._offsets = np.zeros(0, np.int32)
        self._scales, self._errors, self._norms = (np.zeros(0, np.float32) for _ in range(3))
        self._work = np.empty((3, 0), np.float32)  # fresh arrays of this size cost more than what is done with them

    def _append(self, ids: list[int], sketches: bytes) -> None:
        if not self.count:
            self._clear(len(sketches) // len(ids) - sketch_layout(0).itemsize)
        start, self.count = self.count, self.count + len(ids)
        if self.count > len(self._ids):
            self._grow(self.count + self.count // 8 + 64)
        new = np.frombuffer(sketches, sketch_layout(self.dimension))
        self._ids[start : self.count] = ids
        for first in range(start, self.count, _PART):
            at = slice(first, min(first + _PART, self.count))
            part = new[first - start : at.stop - start]
            codes = part["codes"]
            self._rows[at], self._columns[:, at] = codes, codes.T
            self._scales[at], self._errors[at] = part["scale"], part["error"]
            self._offsets[at] = codes.sum(axis=1, dtype=np.int32) * OFFSET
            numbers = codes.astype(np.float32)
            self._norms[at] = np.linalg.norm(numbers, axis=1) * part["scale"] * np.float32(1 + 1e-5)
        self._places.update(zip(ids, range(start, self.count), strict=True))

    def _grow(self, capacity: int) -> None:
        self._columns = _grown(self._columns, (self.dimension, capacity))
        self._rows = _grown(self._rows, (capacity, self.dimension))
        self._ids, self._offsets = _grown(self._ids, (capacity,)), _grown(self._offsets, (capacity,))
        self._scales, self._errors = _grown(self._scales, (capacity,)), _grown(self._errors, (capacity,))
        self._norms = _grown(self._norms, (capacity,))
        self._work = np.empty((3, capacity), np.float32)

    def _remove(self, row: int) -> None:
        place, last = self._places.pop(row), self.count - 1
        self.count = last
        if place == last:
            return
        for held in (self._rows, self._ids, self._offsets, self._scales, self._errors, self._norms):
            held[place] = held[last]
        self._columns[:, place] = self._rows[last]
        self._places[int(self._ids[last])] = place


def _grown(held: NDArray[Number], shape: tuple[int, ...]) -> NDArray[Number]:
    grown = np.zeros(shape, held.dtype)
    grown[tuple(slice(size) for size in held.shape)] = held
    return grown


def _reachable(
    near: NDArray[np.float32], bound: NDArray[np.float32], count: int, work: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Places whose upper bound reaches the `count`-th largest lower bound, or a little less; overwrites its arrays."""
    np.subtract(near, bound, out=work)
    near += bound
    kept: NDArray[np.intp] = np.flatnonzero(near >= _reached(work, count))
    return kept


def _reached(values: NDArray[np.float32], count: int) -> np.float32:
    """A number that `count` of the `values` reach, close to the largest such; overwrites `values`.

    Of many values it is the `count`-th largest of the largest of each column: those are as many different values.
    """
    columns = len(values) // _COLUMN
    if columns >= _ENOUGH_COLUMNS * count:
        values = values[: columns * _COLUMN].reshape(_COLUMN, columns).max(axis=0)
    values.partition(-count)
    reached: np.float32 = values[-count]
    return reached


@cache
def _session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a search is no reason to keep cores busy
    return ort.InferenceSession(_PRODUCTS, options, providers=["CPUExecutionProvider"])
