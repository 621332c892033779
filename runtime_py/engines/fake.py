"""A strict deterministic engine without a model, and a wrapper that injects faults: for tests of what stands above."""

import hashlib
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines.engine import Engine, EngineKey, Logits
from runtime_py.errors import ContractError
from runtime_py.parts import EmbeddedRow, Embeddings, Part, Place, to_parts, to_places

_TOKEN = struct.Struct("<q")
_ROW = struct.Struct("<q32sqq")  # begins with -1, which is no token


def _bytes(place: Place) -> bytes:
    if isinstance(place, EmbeddedRow):
        return _ROW.pack(-1, bytes.fromhex(place.name), place.row, place.count)
    return _TOKEN.pack(place)


class FakeEngine(Engine):
    """Logits are a hash-seeded function of the key and of every place held, so any misuse of the KV changes them.

    A row of embeddings counts by the bytes of its whole part and its place in it: half a part is another part.
    `levels` small integers as logits make ties common. `feeds` counts the calls, `fed` the places.
    """

    exact_multi_token = True

    def __init__(
        self,
        vocab_size: int = 64,
        context_length: int = 512,
        key: EngineKey | None = None,
        levels: int = 0,
        embedding_width: int = 0,
    ) -> None:
        super().__init__(key or EngineKey("0" * 64, None), vocab_size, context_length)
        self._levels = levels
        self.embedding_width = embedding_width
        self._held: list[Place] = []
        self.feeds = 0
        self.fed = 0

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        return self._hold(tokens[0].tolist(), past, positions)

    def _run_parts(self, parts: Sequence[Part], past: int, positions: NDArray[np.int64]) -> Logits:
        if any(isinstance(part, Embeddings) for part in parts):
            return self._hold(to_places(parts), past, positions)
        return super()._run_parts(parts, past, positions)

    def _hold(self, places: Sequence[Place], past: int, positions: NDArray[np.int64]) -> Logits:
        if past != len(self._held):
            raise ContractError(f"wrong past: expected {len(self._held)} places held, got {past}; rewind the engine")
        self.feeds += 1
        self.fed += len(places)
        self._held.extend(places)
        return np.stack([self._logits(past + int(p) + 1) for p in positions])

    def _rewind(self, length: int) -> None:
        del self._held[length:]

    def _logits(self, count: int) -> Logits:
        history = b"".join(map(_bytes, self._held[:count]))
        seed = hashlib.sha256(f"{self.key.base_sha256} {self.key.adapter_sha256} ".encode() + history).digest()
        generator = np.random.default_rng(np.frombuffer(seed, dtype="<u4"))
        if self._levels:
            return generator.integers(0, self._levels, self.vocab_size).astype(np.float32)
        return generator.standard_normal(self.vocab_size, dtype=np.float32)


class FaultyEngine(Engine):
    """Passes everything on to `inner`, and raises `fault` instead of the feeds numbered in `failing` (from 0)."""

    def __init__(self, inner: Engine, failing: Sequence[int], fault: Exception) -> None:
        super().__init__(inner.key, inner.vocab_size, inner.context_length)
        self.exact_multi_token = inner.exact_multi_token
        self.embedding_width = inner.embedding_width
        self._inner = inner
        self._failing = frozenset(failing)
        self._fault = fault
        self._calls = 0

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        return self._run_parts(to_parts(tokens[0].tolist()), past, positions)

    def _run_parts(self, parts: Sequence[Part], past: int, positions: NDArray[np.int64]) -> Logits:
        call, self._calls = self._calls, self._calls + 1
        if call in self._failing:
            raise self._fault
        return self._inner.feed(parts, all_logits=True)[positions]

    def _rewind(self, length: int) -> None:
        self._inner.rewind(length)
