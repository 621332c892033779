"""What namers say of things that they were not taught, and how these look: the doubt that a test brings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

FILE = "shelf.npz"


@dataclass(frozen=True)
class Shelf:
    """`kinds` float32 `[n, kinds]` logits, `looks` float16 `[n, F]`; of each its true kind and its name."""

    kinds: NDArray[np.float32]
    looks: NDArray[np.float16]
    right: NDArray[np.int64]
    names: tuple[str, ...]

    def of(self, name: str, kind: int) -> NDArray[np.int64]:
        """The rows of a thing; in place of one that was never shown another of its kind, always the same."""
        if name in self._rows:
            return self._rows[name]
        others: Sequence[str] = self._by_kind.get(kind) or tuple(self._rows)
        return self._rows[others[crc32(name.encode()) % len(others)]]

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.int64]]:
        held = np.array(self.names)
        return {name: np.flatnonzero(held == name) for name in dict.fromkeys(self.names)}

    @cached_property
    def _by_kind(self) -> dict[int, list[str]]:
        made: dict[int, list[str]] = {}
        for name, rows in self._rows.items():
            made.setdefault(int(self.right[rows[0]]), []).append(name)
        return made

    def write(self, folder: Path) -> None:
        """`shelf.npz` in `folder`."""
        np.savez(folder / FILE, kinds=self.kinds, looks=self.looks, right=self.right, names=np.array(self.names))

    @classmethod
    def read(cls, folder: Path) -> "Shelf":
        """What `write` wrote."""
        with np.load(folder / FILE) as held:
            names = tuple(str(name) for name in held["names"])
            return cls(held["kinds"], held["looks"], held["right"], names)
