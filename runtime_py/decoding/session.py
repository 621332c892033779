"""Feeding prompts to an engine without computing the same KV twice."""

from collections.abc import Sequence

from runtime_py.engines.engine import Engine, EngineKey, Logits
from runtime_py.errors import ContractError
from runtime_py.parts import Piece, Place, split, to_places


class EngineSession:
    """An engine and the places it holds: tokens and rows of embeddings, by which its KV is known.

    The KV of a prompt's fixed `prefix` is computed once, in a feed of its own, and kept. What else two prompts share is
    reused only when the engine is `exact_multi_token`: on others the place where tokens are cut into feeds shows in the
    last bit, and an answer must not depend on what was asked before. Embeddings are kept whole or not at all, and only
    for embeddings of the same name and shape.
    """

    def __init__(self, engine: Engine, prefix: Sequence[Piece] = ()) -> None:
        self.engine = engine
        self._key: EngineKey = engine.key
        self._prefix = to_places(prefix)
        self._held: list[Place] = []
        engine.reset()

    @property
    def places(self) -> tuple[Place, ...]:
        """The places whose KV the engine holds."""
        return tuple(self._held)

    def start(self, prompt: Sequence[Piece]) -> Logits:
        """Hold exactly `prompt`; float32 logits `[V]` after its last place. Raises `ContractError` for no places."""
        wanted = to_places(prompt)
        if not wanted:
            raise ContractError("nothing to feed: expected a prompt of 1 or more tokens, got 0; feed at least one")
        before, rest = split(prompt, self._reusable(wanted))
        kept = len(to_places(before))
        self.rewind(kept)
        cut = len(self._prefix)
        if kept < cut < len(wanted) and wanted[:cut] == self._prefix:
            first, rest = split(rest, cut - kept)
            self.feed(first)
        return self.feed(rest)

    def feed(self, fed: Sequence[Piece], all_logits: bool = False) -> Logits:
        """As `Engine.feed`."""
        self._check()
        logits = self.engine.feed(fed, all_logits)
        self._held.extend(to_places(fed))
        return logits

    def rewind(self, length: int) -> None:
        """As `Engine.rewind`."""
        self._check()
        self.engine.rewind(length)
        del self._held[length:]

    def _reusable(self, prompt: Sequence[Place]) -> int:
        """How many leading places of `prompt` to keep; at least one is always fed, for its logits."""
        shared = 0
        for held, wanted in zip(self._held, prompt[:-1], strict=False):
            if held != wanted:
                break
            shared += 1
        if self.engine.exact_multi_token:
            return shared
        return len(self._prefix) if 0 < len(self._prefix) <= shared else 0

    def _check(self) -> None:
        if self.engine.key != self._key or self.engine.length != len(self._held):
            raise ContractError(
                f"the engine was used beside its session: expected {len(self._held)} places under {self._key}, got "
                f"{self.engine.length} under {self.engine.key}; open an engine for each session"
            )
