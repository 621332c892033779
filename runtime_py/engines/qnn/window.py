"""Graphs of static shapes over a window of keys and values: what a chunk of tokens is given, and what it leaves.

Inputs: `hidden` `[1, T, D]`, int32 `positions` `[T]`, `mask` `[1, 1, T, C + T]`, int32 `row` `[1]` (whose logits are
asked for), `past.<i>.key` `[1, Hkv, d, C]` and `past.<i>.value` `[1, Hkv, C, d]`. Outputs: `logits` `[1, 1, V]` and
`present.<i>.key|value`, the T new columns and rows. Floats are codes of a grid where the graph has one for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines.qnn.grid import Floats, Grid

Array = NDArray[Any]
Run = Callable[[Mapping[str, Array]], Mapping[str, Array]]
Embed = Callable[[NDArray[np.int64]], Floats]


@dataclass(frozen=True)
class WindowShape:
    """Layers, Hkv, d and C of a graph; `mask_low` is what is added to the score of a key that may not be seen."""

    layers: int
    kv_heads: int
    head_dim: int
    window: int
    mask_low: float


class Window:
    """Keys and values of up to C tokens, and the graphs that add to them: T -> how to run the one of T tokens.

    `embed` gives rows of the embedding `[T, D]`; `fixed` are further inputs, as the graphs take them.
    """

    def __init__(
        self,
        shape: WindowShape,
        grids: Mapping[str, Grid],
        embed: Embed,
        graphs: Mapping[int, Run],
        fixed: Mapping[str, Array],
    ) -> None:
        self._shape = shape
        self.grids = grids
        self._embed = embed
        self._graphs = dict(sorted(graphs.items()))
        self._fixed = fixed
        sides = {"key": (shape.head_dim, shape.window), "value": (shape.window, shape.head_dim)}
        self._past = {
            f"{layer}.{side}": self._coded(f"past.{layer}.{side}", np.zeros((1, shape.kv_heads, *size), np.float32))
            for layer in range(shape.layers)
            for side, size in sides.items()
        }

    @property
    def largest(self) -> int:
        """The most tokens of a call."""
        return max(self._graphs)

    def place(self, position: int) -> dict[str, Array]:
        """`<layer>.key|value` `[Hkv, d]` of the token at `position`, as the graphs left them."""
        return {name: self._at(name, position).copy() for name in self._past}

    def put(self, position: int, values: Mapping[str, Array]) -> None:
        """Sets what `place` gives."""
        for name in self._past:
            self._at(name, position)[:] = values[name]

    def _at(self, name: str, position: int) -> Array:
        past = self._past[name][0]
        found: Array = past[..., position] if name.endswith("key") else past[:, position]
        return found

    def call(self, tokens: Sequence[int], past: int, row: int) -> Mapping[str, Array]:
        """Adds `tokens` after the first `past` ones; all outputs of the graph, logits of token `row` of these.

        A graph of more tokens is filled up with the last one, whose later rows nobody reads.
        """
        count = len(tokens)
        size = next(size for size in self._graphs if size >= count)
        filled = np.array([*tokens, *[tokens[-1]] * (size - count)], np.int64)
        given = {
            "hidden": self._coded("hidden", self._embed(filled)[None]),
            "positions": np.minimum(np.arange(past, past + size), self._shape.window - 1).astype(np.int32),
            "mask": self._mask(size, past),
            "row": np.array([row], np.int32),
            **{f"past.{name}": values for name, values in self._past.items()},
            **self._fixed,
        }
        outputs = self._graphs[size](given)
        for name, values in self._past.items():
            new = outputs[f"present.{name}"]
            if name.endswith("key"):
                values[..., past : past + count] = new[..., :count]
            else:
                values[:, :, past : past + count] = new[:, :, :count]
        return outputs

    def _coded(self, name: str, values: Floats) -> Array:
        grid = self.grids.get(name)
        return values if grid is None else grid.encode(values)

    def _mask(self, size: int, past: int) -> Array:
        mask = np.full((size, self._shape.window + size), self._shape.mask_low, np.float32)
        mask[:, :past] = 0
        mask[:, self._shape.window :][np.tril_indices(size)] = 0
        return self._coded("mask", mask)[None, None]
