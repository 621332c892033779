"""What experts compute, seen from between decoding and the engine: the calls with their logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.decoding.greedy import Decoded
from runtime_py.engines import Engine, Logits
from runtime_py.parity.trace.pictured import place_ids
from runtime_py.parts import Part, Piece, to_parts

TOP = 5
"""Logits that a runner tells of a step."""
KNOWN = 64
"""Logits that the reference keeps of a step: among them a runner's are looked up."""

Top = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Call:
    """One call of an expert: the tokens in and out, and for places of their sequence the highest logits after it.

    In the prompt `ROW` stands for a row of embeddings.
    `steps` hold a place wherever a token was chosen by the model; forced ones have none, unless a draft passed them.
    `is_exact` tells of the engine that logits do not depend on how tokens were cut into feeds.
    """

    operation: str
    is_exact: bool
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    is_cut: bool
    steps: tuple[tuple[int, Top], ...]

    def to_json(self) -> dict[str, Any]:
        """Logits as hex floats, `TOP` of each step."""
        return {
            "operation": self.operation,
            "exact": self.is_exact,
            "prompt": list(self.prompt),
            "tokens": list(self.tokens),
            "cut": self.is_cut,
            "steps": [[place, [[token, value.hex()] for token, value in top[:TOP]]] for place, top in self.steps],
        }


def highest(logits: Logits, count: int) -> Top:
    """The `count` highest of logits `[V]` with their tokens, highest first, the lowest token first among equals."""
    count = min(count, len(logits))
    least = np.partition(logits, -count)[-count]
    tokens = np.flatnonzero(logits >= least)
    order = np.argsort(-logits[tokens], kind="stable")[:count]
    return tuple((int(token), float(logits[token])) for token in tokens[order])


class TracedEngine(Engine):
    """Passes everything on to `inner` and keeps the highest logits after each place that it holds."""

    def __init__(self, inner: Engine, kept: int) -> None:
        super().__init__(inner.key, inner.vocab_size, inner.context_length)
        self.exact_multi_token = inner.exact_multi_token
        self.embedding_width = inner.embedding_width
        self.tops: dict[int, Top] = {}
        self._inner = inner
        self._kept = kept

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        return self._run_parts(to_parts(tokens[0].tolist()), past, positions)

    def _run_parts(self, parts: Sequence[Part], past: int, positions: NDArray[np.int64]) -> Logits:
        many = self._inner.feed(parts, all_logits=len(positions) > 1)
        logits = many if many.ndim == 2 else many[None]
        for place, row in zip(positions.tolist(), logits, strict=True):
            self.tops[past + place] = highest(row, self._kept)
        return logits

    def _rewind(self, length: int) -> None:
        self._inner.rewind(length)
        self.tops = {place: top for place, top in self.tops.items() if place < length}


class Collector:
    """Keeps the calls of experts that it watches (`runtime_py.bundle.Watch`), `kept` logits of each step."""

    def __init__(self, kept: int = TOP) -> None:
        self._kept = kept
        self._engines: dict[str, TracedEngine] = {}
        self._calls: list[Call] = []

    def opened(self, operation: str, engine: Engine) -> Engine:
        """As `Watch.opened`."""
        self._engines[operation] = TracedEngine(engine, self._kept)
        return self._engines[operation]

    def decoded(self, operation: str, prompt: Sequence[Piece], decoded: Decoded) -> None:
        """As `Watch.decoded`."""
        engine, fed = self._engines[operation], place_ids(prompt)
        steps = sorted((place, top) for place, top in engine.tops.items() if place >= len(fed) - 1)
        self._calls.append(Call(operation, engine.exact_multi_token, fed, decoded.tokens, decoded.is_cut, tuple(steps)))

    def take(self) -> tuple[Call, ...]:
        """The calls since the last time."""
        taken, self._calls = tuple(self._calls), []
        return taken
