"""Feeding prompts to an engine without computing the same KV twice."""

from collections.abc import Sequence

from runtime_py.engines.engine import Engine, EngineKey, Logits
from runtime_py.errors import ContractError


class EngineSession:
    """An engine and the tokens it holds.

    The KV of a prompt's fixed `prefix` is computed once, in a feed of its own, and kept. What else two prompts share is
    reused only when the engine is `exact_multi_token`: on others the place where tokens are cut into feeds shows in the
    last bit, and an answer must not depend on what was asked before.
    """

    def __init__(self, engine: Engine, prefix: Sequence[int] = ()) -> None:
        self.engine = engine
        self._key: EngineKey = engine.key
        self._prefix = tuple(prefix)
        self._held: list[int] = []
        engine.reset()

    @property
    def tokens(self) -> tuple[int, ...]:
        """The tokens whose KV the engine holds."""
        return tuple(self._held)

    def start(self, prompt: Sequence[int]) -> Logits:
        """Hold exactly `prompt`; float32 logits `[V]` after its last token. Raises `ContractError` for no tokens."""
        if not prompt:
            raise ContractError("nothing to feed: expected a prompt of 1 or more tokens, got 0; feed at least one")
        kept = self._reusable(prompt)
        self.rewind(kept)
        cut = len(self._prefix)
        if kept < cut < len(prompt) and tuple(prompt[:cut]) == self._prefix:
            self.feed(prompt[kept:cut])
            kept = cut
        return self.feed(prompt[kept:])

    def feed(self, tokens: Sequence[int], all_logits: bool = False) -> Logits:
        """As `Engine.feed`."""
        self._check()
        logits = self.engine.feed(tokens, all_logits)
        self._held.extend(tokens)
        return logits

    def rewind(self, length: int) -> None:
        """As `Engine.rewind`."""
        self._check()
        self.engine.rewind(length)
        del self._held[length:]

    def _reusable(self, prompt: Sequence[int]) -> int:
        """How many leading tokens of `prompt` to keep; at least one is always fed, for its logits."""
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
                f"the engine was used beside its session: expected {len(self._held)} tokens under {self._key}, got "
                f"{self.engine.length} under {self.engine.key}; open an engine for each session"
            )
