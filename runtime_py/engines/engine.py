"""What an engine is: parts in, logits out, and a position that can be moved back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError, ContractError
from runtime_py.parts import Embeddings, Part, Piece, to_parts
from runtime_py.weights import INDEX

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class EngineKey:
    """What a KV cache depends on besides the parts; equal keys and parts mean equal KV."""

    base_sha256: str
    adapter_sha256: str | None


@dataclass(frozen=True)
class EngineFiles:
    """What engines are opened from: an operation's files, absolute, and the facts of the model they hold.

    `programs` are kind -> what an engine of this kind runs, `base` the data file that it reads. `adapter` None means
    that programs have the adapter inside (merged) or have none. `index` is the name of the base's index, `ranks` are
    those of the adapter's modules, `weights` the folder of the files that programs read, None where it is their own.
    """

    operation: str
    programs: Mapping[str, Path]
    adapter: Path | None
    base: Path
    base_sha256: str
    adapter_sha256: str | None
    vocab_size: int
    context_length: int
    layers: int
    kv_heads: int
    head_dim: int
    index: str = INDEX
    ranks: Mapping[str, int] = field(default_factory=dict)
    weights: Path | None = None

    def program(self, kind: str) -> Path:
        """What an engine of `kind` runs; raises `BundleError` when the bundle was not made for it."""
        if kind not in self.programs:
            raise BundleError(
                f"no {kind} program for {self.operation}: expected one, got {', '.join(self.programs) or 'none'}; "
                f"export the bundle with --target {kind}",
                "unlinkable parts",
            )
        return self.programs[kind]


class Engine(ABC):
    """One operation's model with its adapter and its own KV cache.

    `vocab_size` is V, `context_length` the most tokens that can be held, `key` what the KV depends on. An engine whose
    logits do not depend, to the last bit, on how tokens were cut into feeds says `exact_multi_token`. One that takes
    embeddings says their width D in `embedding_width`; 0 means tokens only.

    The rules are checked here, so every engine refuses alike: a feed has 1 or more tokens, each in [0, V), or rows of
    embeddings `[n, D]`, and fits into the context; a rewind goes to [0, length]. A refused or failed call leaves
    `length` as it was.
    """

    exact_multi_token = False
    embedding_width = 0

    def __init__(self, key: EngineKey, vocab_size: int, context_length: int) -> None:
        self.key = key
        self.vocab_size = vocab_size
        self.context_length = context_length
        self._length = 0

    @property
    def length(self) -> int:
        """Places held in the KV cache: tokens and rows of embeddings."""
        return self._length

    def feed(self, fed: Sequence[Piece], all_logits: bool = False) -> Logits:
        """Append tokens and embeddings (T places); float32 logits after the last place `[V]`, or after each `[T, V]`.

        Raises `ContractError` for nothing, a token outside the vocabulary, embeddings that the engine does not take, an
        overfull context, or logits that are not finite float32 of that shape.
        """
        parts = to_parts(fed)
        count = sum(self._checked(part) for part in parts)
        if count == 0:
            raise ContractError("nothing to feed: expected 1 or more tokens, got 0; feed at least one token")
        if self._length + count > self.context_length:
            raise ContractError(
                f"context overflow: expected at most {self.context_length} tokens, got {self._length} held and {count} "
                "more; shorten the input"
            )
        positions = np.arange(count, dtype=np.int64) if all_logits else np.array([count - 1], dtype=np.int64)
        logits = self._run_parts(parts, self._length, positions)
        if logits.shape != (len(positions), self.vocab_size) or logits.dtype != np.float32:
            raise ContractError(
                f"wrong logits: expected float32 {(len(positions), self.vocab_size)}, got {logits.dtype} "
                f"{logits.shape}; export the bundle again"
            )
        if not np.isfinite(logits).all():
            raise ContractError("wrong logits: expected finite numbers, got NaN or infinity; export the bundle again")
        self._length += count
        return logits if all_logits else logits[0]

    def rewind(self, length: int) -> None:
        """Forget every token from place `length` on; raises `ContractError` outside [0, `self.length`]."""
        if not 0 <= length <= self._length:
            raise ContractError(
                f"cannot rewind: expected a length from 0 to {self._length}, got {length}; reset the engine instead"
            )
        self._rewind(length)
        self._length = length

    def reset(self) -> None:
        """Forget every token."""
        self.rewind(0)

    def _checked(self, part: Part) -> int:
        """The places of a part; raises `ContractError` for what this engine cannot be fed."""
        if isinstance(part, Embeddings):
            if part.rows.shape[1] != self.embedding_width:
                takes = f"rows of {self.embedding_width} numbers" if self.embedding_width else "tokens only"
                raise ContractError(
                    f"cannot feed embeddings: expected {takes}, got embeddings {list(part.rows.shape)}; open an engine "
                    "that takes them"
                )
            return len(part.rows)
        least, most = min(part.ids, default=0), max(part.ids, default=0)
        if least < 0 or most >= self.vocab_size:
            raise ContractError(
                f"token outside the vocabulary: expected 0 to {self.vocab_size - 1}, got {least if least < 0 else most}"
                "; use the bundle's own tokenizer"
            )
        return len(part.ids)

    def _run_parts(self, parts: Sequence[Part], past: int, positions: NDArray[np.int64]) -> Logits:
        """As `_run` for parts, tokens side by side being one; an engine with an `embedding_width` has its own."""
        (part,) = parts
        if isinstance(part, Embeddings):
            raise ContractError(f"embeddings of width {self.embedding_width} are announced, and not run")
        return self._run(np.array([part.ids], dtype=np.int64), past, positions)

    @abstractmethod
    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        """Run `tokens [1, T]` after `past` tokens; logits `[P, V]` of rows `positions [P]`, which the caller owns."""

    def _rewind(self, length: int) -> None:  # noqa: B027
        """Called before the length moves back; caches addressed by position need nothing."""
