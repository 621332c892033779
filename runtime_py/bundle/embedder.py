"""Sentences to unit vectors, on any kind of runtime."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py import engines
from runtime_py.errors import BundleError
from runtime_py.text import Tokenizer

_LEAST_LENGTH = 1e-12


class Embedder:
    """The sentence embedder of a bundle: `id` and `dimension` stand in the header of every store it fills.

    The id names the trained weights, not the runtime: the kinds round differently but agree to a cosine of 0.997 and
    more (`tests/export/embedder/test_executorch.py`), so their vectors may share a store.
    """

    def __init__(
        self, program: Path, tokenizer: Path, id: str, dimension: int, max_tokens: int, kind: str = engines.DEFAULT
    ) -> None:
        """Load `tokenizer` and `program`, which is for engines of `kind`.

        Raises `ConfigError` for an unknown kind, `MissingExtraError` when its package is missing, `BundleError` when
        the files cannot be read.
        """
        self.id = id
        self.dimension = dimension
        self._run = engines.get(kind).open_embedder(program, max_tokens)
        self._tokenizer = Tokenizer.from_file(tokenizer)
        self._max_tokens = max_tokens

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 `[n, d]` of length 1, in the order of `texts`; what lies beyond `max_tokens` is not read.

        Each text is a run of its own: padded batches would let a text's neighbours change its vector's last bits.
        Raises `BundleError` when the graph gives another shape than the bundle says.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for i, text in enumerate(texts):
            vectors[i] = self._embed(text)
        return vectors

    def _embed(self, text: str) -> NDArray[np.float32]:
        vector = self._run(np.array([self._tokenizer.encode_framed(text, self._max_tokens)], dtype=np.int64))
        if vector.shape != (1, self.dimension):
            raise BundleError(
                f"wrong embedder {self.id}: expected vectors of shape (1, {self.dimension}), got {vector.shape}; "
                "export the bundle again",
                "unlinkable parts",
            )
        return to_unit(vector[0])


def to_unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vector` `[d]` with length 1, the same bits in every language.

    Squares are whole in float64 and added place by place from the first; quotients are rounded to float32 at last.
    """
    numbers = vector.astype(np.float64)
    length = math.sqrt(float(np.add.accumulate(np.square(numbers))[-1]))
    return (numbers / max(length, _LEAST_LENGTH)).astype(np.float32)
