"""Pictures to rows of embeddings, by the bundle's own graph of tower and projector."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py import engines
from runtime_py.images import RULE, Pixels, square


class ImageEncoder:
    """`identity` is equal only where equal pixels give equal rows: it stands beside a photo's name in every store.

    `side` is that of the square which the graph takes, `tokens` and `hidden` are the rows of a picture and their width.
    """

    def __init__(self, program: Path, sha256: str, side: int, tokens: int, hidden: int) -> None:
        """Load `program`, whose hash is `sha256`; raises `BundleError` for a graph of other inputs and outputs."""
        self.identity = hashlib.sha256(f"{sha256} {RULE} {side}".encode()).hexdigest()
        self.side, self.tokens, self.hidden = side, tokens, hidden
        self._see = engines.open_vision(program, side, tokens, hidden)

    def encode(self, pixels: Pixels) -> NDArray[np.float32]:
        """uint8 `[H, W, 3]` of any size -> float32 `[tokens, hidden]`.

        Raises `ContractError` for other pixels, `BundleError` when the graph does not run on them.
        """
        return self._see(square(pixels, self.side))
