"""goldens/<op>.safetensors: the parity vectors of one operation.

Tensors: `prompt_tokens` int64 [sum of prompt lengths] with `prompt_offsets` int64 [n+1]; `tokens` int64 and `margins`
float32 [sum of answer lengths] with `token_offsets` int64 [n+1], the arbiter's greedy path (no grammar, no drafts) and
its gap between the best two logits; `logits_with` and `logits_without` float32 [m, V], the arbiter's logits after each
of the first m prompts, with and without the adapter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from runtime_py.errors import BundleError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
NAMES = (
    "prompt_tokens",
    "prompt_offsets",
    "tokens",
    "margins",
    "token_offsets",
    "logits_with",
    "logits_without",
)


@dataclass(frozen=True)
class Golden:
    """Prompts and the arbiter's answers; lists run over prompts."""

    prompts: list[list[int]]
    tokens: list[list[int]]
    margins: list[list[float]]
    logits_with: Floats
    logits_without: Floats

    @property
    def steps(self) -> int:
        """Greedy steps over all prompts."""
        return sum(len(tokens) for tokens in self.tokens)


def _join(lists: Sequence[Sequence[float]], dtype: type[np.generic]) -> tuple[npt.NDArray[np.generic], Ints]:
    offsets = np.cumsum([0, *(len(row) for row in lists)]).astype(np.int64)
    return np.asarray([value for row in lists for value in row], dtype=dtype), offsets


def _split(values: npt.NDArray[np.generic], offsets: Ints) -> list[list[float]]:
    return [values[a:b].tolist() for a, b in pairwise(offsets.tolist())]


def golden_bytes(golden: Golden) -> bytes:
    """The file's content; the same golden gives the same bytes."""
    prompts, prompt_offsets = _join(golden.prompts, np.int64)
    tokens, token_offsets = _join(golden.tokens, np.int64)
    margins, _ = _join(golden.margins, np.float32)
    written: bytes = save(
        {
            "prompt_tokens": prompts,
            "prompt_offsets": prompt_offsets,
            "tokens": tokens,
            "margins": margins,
            "token_offsets": token_offsets,
            "logits_with": golden.logits_with,
            "logits_without": golden.logits_without,
        }
    )
    return written


def read_golden(path: Path) -> Golden:
    """Raises `BundleError` when the file is not a golden."""
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as e:
        raise BundleError(
            f"golden {path.name} cannot be read: expected safetensors, got {e}; export the bundle again",
            "malformed bytes",
        ) from e
    if sorted(tensors) != sorted(NAMES):
        raise BundleError(
            f"golden {path.name} has other tensors: expected {sorted(NAMES)}, got {sorted(tensors)}; "
            "export the bundle again"
        )
    prompts = _split(tensors["prompt_tokens"], tensors["prompt_offsets"])
    tokens = _split(tensors["tokens"], tensors["token_offsets"])
    return Golden(
        prompts=[[int(t) for t in row] for row in prompts],
        tokens=[[int(t) for t in row] for row in tokens],
        margins=_split(tensors["margins"], tensors["token_offsets"]),
        logits_with=tensors["logits_with"],
        logits_without=tensors["logits_without"],
    )
