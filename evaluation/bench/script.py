"""Answers that are known beforehand, computed for real: the cost of a turn without a model that makes sense.

Every step runs the engine, masks and samples; only then the given text's next token is made to win. So random weights
do as well as trained ones, and two runtimes are compared over the same tokens.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py import operations
from runtime_py.bundle import Bundle, grammar_of
from runtime_py.decoding import EngineSession, greedy
from runtime_py.engines import Engine, Logits
from runtime_py.files import Example, read_examples
from runtime_py.parts import token_ids

_TURN = Path(__file__).with_name("turn.jsonl")


class ScriptedEngine(Engine):
    """Passes every feed on to `inner`; then the token of `script` that follows each logits row is the highest in it.

    `first_logits_s` is when, by `time.perf_counter`, the row after the first `prompt_tokens` tokens was there.
    """

    def __init__(self, inner: Engine) -> None:
        super().__init__(inner.key, inner.vocab_size, inner.context_length)
        self.exact_multi_token = inner.exact_multi_token
        self.first_logits_s = 0.0
        self._inner = inner
        self._script: tuple[int, ...] = ()
        self._prompt_tokens = 0

    def follow(self, prompt: Sequence[int], answer: Sequence[int]) -> None:
        """From now on `answer` is what follows `prompt`."""
        self._script = (*prompt, *answer)
        self._prompt_tokens = len(prompt)

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        count = tokens.shape[1]
        every = len(positions) > 1
        logits = self._inner.feed([int(t) for t in tokens[0]], all_logits=every)
        if past < self._prompt_tokens <= past + count:
            self.first_logits_s = time.perf_counter()
        rows = logits[positions] if every else logits[None]
        for row, position in zip(rows, positions, strict=True):
            following = past + int(position) + 1
            if following < len(self._script):
                row[self._script[following]] = row.max() + 1
        return rows

    def _rewind(self, length: int) -> None:
        self._inner.rewind(length)


@dataclass(frozen=True)
class Call:
    """One call of an operation: its tokens, what they took, and how they were made (see `decoding.Decoded`)."""

    prompt_tokens: int
    answer_tokens: int
    first_token_ms: float
    total_ms: float
    steps: int
    forced: int
    accepted: int


def turn_row(operation: str) -> Example:
    """The input and answer of `operation` in a made-up memory turn with lengths as in LoCoMo."""
    return next(row for row in _turn_rows() if row.id == f"{operation}/turn")


@cache
def _turn_rows() -> list[Example]:
    return read_examples(_TURN)


class ScriptedOperation:
    """An operation of a bundle, decoded as `Experts` does it, with a given answer."""

    def __init__(self, bundle: Bundle, operation: str, engine: Engine) -> None:
        self._bundle = bundle
        self._operation = operation
        self._engine = ScriptedEngine(engine)
        self._prompt = bundle.prompt(operation)
        self._session = EngineSession(self._engine, self._prompt.prefix_tokens)

    def call(self, given: Any, answer: str, drafts: bool | None = None) -> Call:
        """Decode `answer` from `given`, an input; of earlier calls only the kept prefix is reused.

        `drafts`: see `generate`.

        Raises `ContractError` for an input that is too long; an answer over the operation's limit is ended by it.
        """
        self._session.rewind(min(len(self._session.places), len(self._prompt.prefix_tokens)))
        started = time.perf_counter()
        operation, tokenizer = operations.get(self._operation), self._bundle.tokenizer
        prompt = self._prompt.encode(tokenizer, operation.render(given))
        likely = tokenizer.encode(operation.likely_text(given))
        script = [*tokenizer.encode(answer), self._prompt.stop_tokens[0]]
        self._engine.follow(token_ids(prompt), script)
        grammar = grammar_of(self._bundle, self._operation, given)
        limit = self._prompt.max_new_tokens
        decoded = greedy.generate(self._session, prompt, grammar, self._prompt.stop_tokens, limit, drafts, likely)
        ended = time.perf_counter()
        return Call(
            len(prompt),
            len(decoded.tokens),
            (self._engine.first_logits_s - started) * 1e3,
            (ended - started) * 1e3,
            decoded.steps,
            decoded.forced,
            decoded.accepted,
        )
