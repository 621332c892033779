"""Sentences to unit vectors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError
from runtime_py.tokenizer import Tokenizer

INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class Embedder:
    """The sentence embedder of a bundle: `id` and `dimension` stand in the header of every store it fills.

    The graph takes int64 `input_ids` and `attention_mask` `[1, T]` (and `token_type_ids`, where it has that input) and
    gives one pooled float32 vector `[1, d]`.
    """

    def __init__(self, graph: Path, tokenizer: Path, id: str, dimension: int, max_tokens: int) -> None:
        """Load `graph` and `tokenizer`; raises `BundleError` when they cannot be read."""
        from runtime_py.engines.onnx import open_session

        self.id = id
        self.dimension = dimension
        self._session = open_session(graph)
        self._inputs = [value.name for value in self._session.get_inputs()]
        outputs = [value.name for value in self._session.get_outputs()]
        if not INPUTS.issuperset(self._inputs) or len(outputs) != 1:
            raise BundleError(
                f"wrong embedder {graph.name}: expected inputs out of {sorted(INPUTS)} and one output, got "
                f"{self._inputs} and {outputs}; "
                "export the bundle again",
                "unlinkable parts",
            )
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
        tokens = np.array([self._tokenizer.encode_framed(text, self._max_tokens)], dtype=np.int64)
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        (vector,) = self._session.run(None, {name: given[name] for name in self._inputs})
        if vector.shape != (1, self.dimension):
            raise BundleError(
                f"wrong embedder {self.id}: expected vectors of shape (1, {self.dimension}), got {vector.shape}; "
                "export the bundle again",
                "unlinkable parts",
            )
        unit: NDArray[np.float32] = vector[0] / max(float(np.linalg.norm(vector)), 1e-12)
        return unit
