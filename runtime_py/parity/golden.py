"""goldens/<op>.safetensors: the parity vectors of one operation.

Tensors: `prompt_tokens` int64 [sum of prompt lengths] with `prompt_offsets` int64 [n+1]; `tokens` int64 and `margins`
float32 [sum of answer lengths] with `token_offsets` int64 [n+1], the arbiter's greedy path (no grammar, no drafts) and
its gap between the best two logits; `logits_with` and `logits_without` float32 [m, V], the arbiter's logits after each
of the first m prompts, with and without the adapter.

Where prompts hold embeddings, `prompt_tokens` has -1 at the place of each of their rows, and two more tensors stand
there: `embeddings` float32 [r, D], these rows in order, and `embedding_offsets` int64 [k+1], which cut them into parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from runtime_py.errors import BundleError
from runtime_py.parts import EmbeddedRow, Embeddings, Piece, to_parts, to_places

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
EMBEDDED = ("embeddings", "embedding_offsets")
_ROW = -1
_MATRICES = ("embeddings", "logits_with", "logits_without")


@dataclass(frozen=True)
class Golden:
    """Prompts and the arbiter's answers; lists run over prompts."""

    prompts: list[list[Piece]]
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
    places = [to_places(prompt) for prompt in golden.prompts]
    ids = [[_ROW if isinstance(place, EmbeddedRow) else place for place in prompt] for prompt in places]
    prompts, prompt_offsets = _join(ids, np.int64)
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
            **_embedded(golden.prompts),
        }
    )
    return written


def _embedded(prompts: Sequence[Sequence[Piece]]) -> dict[str, npt.NDArray[np.generic]]:
    """The tensors of the prompts' embeddings; none where there are none."""
    rows = [part.rows for prompt in prompts for part in to_parts(prompt) if isinstance(part, Embeddings)]
    if not rows:
        return {}
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return dict(zip(EMBEDDED, (np.concatenate(rows), offsets), strict=True))


def read_golden(path: Path) -> Golden:
    """Raises `BundleError` when the file is not a golden, or one that proves nothing."""
    try:
        return parse_golden(path.read_bytes(), path.name)
    except OSError as e:
        raise _refused(path.name, "a readable file", str(e.strerror), "malformed bytes") from e


def parse_golden(data: bytes, name: str) -> Golden:
    """As `read_golden`, of a file's bytes."""
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError) as e:  # its own, and numpy's for shapes and types
        raise _refused(name, "safetensors", str(e)[:200], "malformed bytes") from e
    if set(tensors) - set(EMBEDDED) != set(NAMES) or len(set(tensors) & set(EMBEDDED)) == 1:
        raise _refused(name, f"the tensors {sorted(NAMES)}", str(sorted(tensors))[:200])
    for key, values in tensors.items():
        dtype, rank = ("float32", 2) if key in _MATRICES else ("float32" if key == "margins" else "int64", 1)
        if values.dtype.name != dtype or values.ndim != rank:
            raise _refused(name, f"{key} of type {dtype} and rank {rank}", f"{values.dtype} {values.shape}")
        if dtype == "float32" and not np.isfinite(values).all():
            raise _refused(name, f"finite numbers in {key}", "NaN or infinity")
    _check_offsets(name, "prompt_offsets", tensors["prompt_offsets"], len(tensors["prompt_tokens"]))
    _check_offsets(name, "token_offsets", tensors["token_offsets"], len(tensors["tokens"]))
    prompts, rows = len(tensors["prompt_offsets"]) - 1, tensors["logits_with"].shape
    if len(tensors["token_offsets"]) - 1 != prompts or len(tensors["margins"]) != len(tensors["tokens"]):
        raise _refused(name, "an answer for each prompt and a margin for each token", "other numbers of them")
    if rows != tensors["logits_without"].shape or not 0 < rows[0] <= prompts or not rows[1]:
        raise _refused(name, f"logits after 1 to {prompts} prompts", f"{rows} and {tensors['logits_without'].shape}")
    embeddings = _read_embeddings(name, tensors)
    told = tensors["prompt_tokens"]
    ids = np.concatenate([told[told != _ROW] if embeddings else told, tensors["tokens"]])
    if ids.min() < 0 or ids.max() >= rows[1]:
        raise _refused(name, f"tokens from 0 to {rows[1] - 1}", f"{ids.min()} to {ids.max()}")
    return Golden(
        prompts=_read_prompts(told, tensors["prompt_offsets"], embeddings),
        tokens=[[int(t) for t in row] for row in _split(tensors["tokens"], tensors["token_offsets"])],
        margins=_split(tensors["margins"], tensors["token_offsets"]),
        logits_with=tensors["logits_with"],
        logits_without=tensors["logits_without"],
    )


def _read_embeddings(name: str, tensors: Mapping[str, npt.NDArray[Any]]) -> list[Embeddings]:
    """The parts in order, each in places side by side of one prompt."""
    if EMBEDDED[0] not in tensors:
        return []
    rows, offsets = (tensors[key] for key in EMBEDDED)
    places = np.flatnonzero(tensors["prompt_tokens"] == _ROW)
    if len(places) != len(rows) or not rows.shape[1]:
        raise _refused(name, f"embeddings of {len(places)} rows, as prompt_tokens has places for", f"{rows.shape}")
    _check_offsets(name, EMBEDDED[1], offsets, len(rows))
    first, last = places[offsets[:-1]], places[offsets[1:] - 1]
    prompt_of = [np.searchsorted(tensors["prompt_offsets"], ends, side="right") for ends in (first, last)]
    if (last - first != np.diff(offsets) - 1).any() or (prompt_of[0] != prompt_of[1]).any():
        raise _refused(name, "the rows of embeddings side by side in one prompt", "rows apart")
    return [Embeddings(rows[a:b]) for a, b in pairwise(offsets.tolist())]


def _read_prompts(told: Ints, offsets: Ints, embeddings: Sequence[Embeddings]) -> list[list[Piece]]:
    left = iter(embeddings)
    prompts: list[list[Piece]] = []
    for place, end in pairwise(offsets.tolist()):
        prompt: list[Piece] = []
        while place < end:
            part = next(left) if told[place] == _ROW else int(told[place])
            prompt.append(part)
            place += len(part.rows) if isinstance(part, Embeddings) else 1
        prompts.append(prompt)
    return prompts


def _check_offsets(name: str, key: str, offsets: Ints, total: int) -> None:
    """One prompt or more, each of one token or more, from 0 to `total`."""
    if len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != total or (np.diff(offsets) < 1).any():
        raise _refused(name, f"{key} that rise from 0 to {total}, one prompt or more", f"{offsets[:8].tolist()}..")


def _refused(name: str, expected: str, got: str, reason: str = "invalid values") -> BundleError:
    return BundleError(f"wrong golden {name}: expected {expected}, got {got}; export the bundle again", reason)
