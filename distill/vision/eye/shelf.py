"""What namers say of things that they were not taught, and how these look: the doubt that a test brings."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = "shelf.npz"


@dataclass(frozen=True)
class Shelf:
    """`kinds` float32 `[n, kinds]` logits, `looks` float16 `[n, F]`, and the name of each thing seen."""

    kinds: NDArray[np.float32]
    looks: NDArray[np.float16]
    names: tuple[str, ...]

    def of(self, name: str) -> NDArray[np.int64]:
        """The rows of a thing; all of them where it was never seen, after lessons too short to show everything."""
        return self._rows.get(name, np.arange(len(self.names)))

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.int64]]:
        held = np.array(self.names)
        return {name: np.flatnonzero(held == name) for name in dict.fromkeys(self.names)}

    def write(self, folder: Path) -> None:
        """`shelf.npz` in `folder`."""
        np.savez(folder / FILE, kinds=self.kinds, looks=self.looks, names=np.array(self.names))

    @classmethod
    def read(cls, folder: Path) -> "Shelf":
        """What `write` wrote."""
        with np.load(folder / FILE) as held:
            return cls(held["kinds"], held["looks"], tuple(str(name) for name in held["names"]))
