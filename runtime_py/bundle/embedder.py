"""Sentences to unit vectors, on either runtime."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError, ConfigError
from runtime_py.text import Tokenizer

INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})

Run = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Tokens int64 `[1, T]` to what the graph or program pooled, float32 `[1, d]`."""


class Embedder:
    """The sentence embedder of a bundle: `id` and `dimension` stand in the header of every store it fills.

    The id names the trained weights, not the runtime: the kinds round differently but agree to a cosine of 0.997 and
    more (`tests/export/test_embedder_executorch.py`), so their vectors may share a store.
    """

    def __init__(
        self, graph: Path, tokenizer: Path, id: str, dimension: int, max_tokens: int, kind: str = "onnx"
    ) -> None:
        """Load `tokenizer` and `graph`: an ONNX graph, or with `kind` "executorch" a program.

        Raises `ConfigError` for an unknown kind, `MissingExtraError` when its package is missing, `BundleError` when
        the files cannot be read.
        """
        if kind not in KINDS:
            raise ConfigError(f"unknown embedder: expected one of {', '.join(KINDS)}, got {kind!r}; name one of these")
        self.id = id
        self.dimension = dimension
        self._run = KINDS[kind](graph, max_tokens)
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
        unit: NDArray[np.float32] = vector[0] / max(float(np.linalg.norm(vector)), 1e-12)
        return unit


def _open_onnx(graph: Path, max_tokens: int) -> Run:
    """A graph of int64 `input_ids` and `attention_mask` `[1, T]` (and `token_type_ids`, where it has that input)."""
    from runtime_py.engines.onnx import open_session

    session = open_session(graph)
    inputs = [value.name for value in session.get_inputs()]
    outputs = [value.name for value in session.get_outputs()]
    if not INPUTS.issuperset(inputs) or len(outputs) != 1:
        raise BundleError(
            f"wrong embedder {graph.name}: expected inputs out of {sorted(INPUTS)} and one output, got "
            f"{inputs} and {outputs}; "
            "export the bundle again",
            "unlinkable parts",
        )

    def run(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        vector: NDArray[np.float32] = session.run(None, {name: given[name] for name in inputs})[0]
        return vector

    return run


def _open_executorch(program: Path, max_tokens: int) -> Run:
    """A program of int64 `input_ids` and `attention_mask` `[1, T]`, T up to `max_tokens`."""
    from runtime_py.engines.executorch import load_packages

    torch, runtime = load_packages()
    if not program.is_file():
        raise BundleError(f"{program}: expected a file, found none", "unlinkable parts")
    try:
        loaded = runtime.load_program(program)
        method = loaded.load_method("forward")
    except RuntimeError as e:
        raise BundleError(
            f"{program}: expected a program, ExecuTorch says {e}; export the bundle again", "unlinkable parts"
        ) from e
    facts = method.metadata
    sizes = [tuple(facts.input_tensor_meta(i).sizes()) for i in range(facts.num_inputs())]
    if sizes != [(1, max_tokens), (1, max_tokens)]:
        raise BundleError(
            f"wrong embedder {program.name}: expected two inputs (1, {max_tokens}), got {sizes}; "
            "export the bundle again",
            "unlinkable parts",
        )

    def run(tokens: NDArray[np.int64], _kept: object = loaded) -> NDArray[np.float32]:
        # A method crashes when its program is dropped, so this function keeps both.
        vector = method.execute([torch.from_numpy(value) for value in (tokens, np.ones_like(tokens))])[0]
        return np.array(vector.numpy(), np.float32)

    return run


KINDS: dict[str, Callable[[Path, int], Run]] = {"onnx": _open_onnx, "executorch": _open_executorch}
