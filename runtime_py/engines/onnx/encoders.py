"""Graphs beside the language model: the embedder of texts, and what sees."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines.kind import AUTOMATIC, Embed, Runtime, See
from runtime_py.engines.onnx.session import open_session, running
from runtime_py.programs import check_embedder_graph, check_vision_graph


def open_embedder(program: Path, max_tokens: int, runtime: Runtime = AUTOMATIC) -> Embed:
    """As `Kind.open_embedder`, of a graph of int64 `input_ids` and `attention_mask` `[1, T]` (and `token_type_ids`)."""
    session = open_session(program, runtime, check_embedder_graph(program).takes_exact_sums)
    inputs = [value.name for value in session.get_inputs()]

    def embed(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        with running(program.name):
            vector: NDArray[np.float32] = session.run(None, {name: given[name] for name in inputs})[0]
        return vector

    return embed


def open_vision(program: Path, side: int, tokens: int, hidden: int, runtime: Runtime = AUTOMATIC) -> See:
    """As `Kind.open_vision`, of a static graph: `pixels` uint8 `[side, side, 3]` -> `rows` `[tokens, hidden]`."""
    session = open_session(program, runtime, check_vision_graph(program, side, tokens, hidden).takes_exact_sums)

    def see(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with running(program.name):
            rows: NDArray[np.float32] = session.run(None, {"pixels": pixels})[0]
        return rows

    return see
