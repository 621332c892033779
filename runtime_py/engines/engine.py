"""What an engine is: tokens in, logits out, and a position that can be moved back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError, ContractError

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class EngineKey:
    """What a KV cache depends on besides the tokens; equal keys and tokens mean equal KV."""

    base_sha256: str
    adapter_sha256: str | None


@dataclass(frozen=True)
class EngineFiles:
    """What engines are opened from: an operation's files, absolute, and the facts of the model they hold.

    `programs` are kind -> what an engine of this kind runs, `base` the data file that it reads. `adapter` None means
    that programs have the adapter inside (merged) or have none.
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
    logits do not depend, to the last bit, on how tokens were cut into feeds says `exact_multi_token`.

    The rules are checked here, so every engine refuses alike: a feed has 1 or more tokens, each in [0, V), and fits
    into the context; a rewind goes to [0, length]. A refused or failed call leaves `length` as it was.
    """

    exact_multi_token = False

    def __init__(self, key: EngineKey, vocab_size: int, context_length: int) -> None:
        self.key = key
        self.vocab_size = vocab_size
        self.context_length = context_length
        self._length = 0

    @property
    def length(self) -> int:
        """Tokens held in the KV cache."""
        return self._length

    def feed(self, tokens: Sequence[int], all_logits: bool = False) -> Logits:
        """Append `tokens`; float32 logits after the last one `[V]`, or after each `[T, V]`.

        Raises `ContractError` for no tokens, a token outside the vocabulary, an overfull context, or logits that are
        not finite float32 of that shape.
        """
        fed = np.asarray(tokens, dtype=np.int64).reshape(1, -1)
        count = fed.shape[1]
        if count == 0:
            raise ContractError("nothing to feed: expected 1 or more tokens, got 0; feed at least one token")
        if fed.min() < 0 or fed.max() >= self.vocab_size:
            wrong = int(fed.min()) if fed.min() < 0 else int(fed.max())
            raise ContractError(
                f"token outside the vocabulary: expected 0 to {self.vocab_size - 1}, got {wrong}; use the bundle's own "
                "tokenizer"
            )
        if self._length + count > self.context_length:
            raise ContractError(
                f"context overflow: expected at most {self.context_length} tokens, got {self._length} held and {count} "
                "more; shorten the input"
            )
        positions = np.arange(count, dtype=np.int64) if all_logits else np.array([count - 1], dtype=np.int64)
        logits = self._run(fed, self._length, positions)
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

    @abstractmethod
    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        """Run `tokens [1, T]` after `past` tokens; logits `[P, V]` of rows `positions [P]`, which the caller owns."""

    def _rewind(self, length: int) -> None:  # noqa: B027
        """Called before the length moves back; caches addressed by position need nothing."""
