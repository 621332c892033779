"""The greedy choice: the legal token with the highest logit, the lowest id among equals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime_py.decoding.grammar import Grammar
from runtime_py.engines.engine import Logits
from runtime_py.errors import ContractError


def choose(
    logits: Logits, grammar: Grammar | None, state: int, budget: int, stop: Sequence[int]
) -> tuple[int | None, bool]:
    """The token after float32 `logits` `[V]`, None for one of `stop`; and whether `budget`, not the model, chose it.

    With a grammar only tokens count that are legal in `state` and from which its end can be reached within `budget`
    tokens, themselves included; stop tokens count in accepting states. Raises `ContractError` for a grammar of more
    tokens than there are logits.
    """
    token = int(np.argmax(logits))
    if grammar is None:
        return (None if token in stop else token), False
    if grammar.vocab_size > len(logits):
        raise ContractError(
            f"wrong grammar: expected at most {len(logits)} tokens, got {grammar.vocab_size}; export it again"
        )
    may_stop, steered = bool(grammar.accepting[state]), False
    if not (may_stop and token in stop) and not grammar.allows(state, token, budget):
        # rare, and the only case that looks at the whole vocabulary again
        ends = stop if may_stop else ()
        within, free = grammar.mask(state, budget), grammar.mask(state)
        token = _best_of(within, ends, logits)
        steered = within is not free and token != _best_of(free, ends, logits)
    return (None if may_stop and token in stop else token), steered


def _best_of(mask: NDArray[np.bool_], ends: Sequence[int], logits: Logits) -> int:
    legal = np.zeros(len(logits), dtype=np.bool_)
    legal[: len(mask)] = mask
    legal[list(ends)] = True
    return int(np.argmax(np.where(legal, logits, -np.inf)))
