"""Greedy decoding against the plainest possible derivation, on an untrained fake engine over random grammars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.bench.script import ScriptedEngine
from runtime_py.decoding.grammar import ILLEGAL, Grammar, shortest_to_end
from runtime_py.decoding.greedy import generate
from runtime_py.decoding.session import EngineSession
from runtime_py.engines.fake import FakeEngine, FaultyEngine
from runtime_py.errors import ContractError

V = 24
STOP = (2, 3)


def random_grammar(seed: int) -> Grammar:
    """A random automaton of 1 to 8 states, often with one legal token, every state with a way to an end."""
    generator = np.random.default_rng(seed)
    states = int(generator.integers(1, 9))
    table = np.full((states, V), ILLEGAL, dtype=np.uint16)
    for state in range(states):
        count = int(generator.choice([0, 1, 1, 1, 2, 5]))
        tokens = generator.choice(np.arange(4, V), count, replace=False)
        table[state, tokens] = generator.integers(0, states, count)
        if state + 1 < states:
            table[state, generator.integers(4, V)] = state + 1
    accepting = generator.random(states) < 0.3
    accepting[-1] = True
    columns, classes = np.unique(
        np.concatenate([np.full((states, 1), ILLEGAL), table], axis=1), axis=1, return_inverse=True
    )
    first = int(classes[0])
    order = [first, *(c for c in range(columns.shape[1]) if c != first)]
    place = np.argsort(order)
    packed = columns[:, order].astype(np.uint16)
    grammar = Grammar(
        "0" * 64, 0, place[classes[1:]].astype(np.uint16), packed, accepting, shortest_to_end(packed, accepting)
    )
    grammar.check()
    return grammar


def plain_greedy(engine: FakeEngine, prompt: list[int], grammar: Grammar | None, limit: int) -> list[int]:
    """One token a step, everything fed again each time, no masks but the automaton's own table."""
    out: list[int] = []
    state = grammar.start if grammar else 0
    while len(out) < limit:
        engine.reset()
        logits = engine.feed([*prompt, *out])
        legal = list(range(V))
        if grammar:
            left = limit - len(out)
            legal = [
                t
                for t in range(V)
                if grammar.table[state, grammar.classes[t]] != ILLEGAL
                and grammar.min_tokens[grammar.table[state, grammar.classes[t]]] <= left - 1
            ]
            if grammar.accepting[state]:
                if not legal:
                    break
                legal += STOP
        best = max(sorted(legal), key=lambda t: logits[t])
        if best in STOP:
            break
        out.append(best)
        if grammar:
            state = int(grammar.table[state, grammar.classes[best]])
    return out


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.none(), st.integers(0, 2**32)),
    st.lists(st.integers(4, 9), min_size=1, max_size=30),
    st.integers(8, 40),
    st.integers(0, 3),
    st.sampled_from([True, False, None]),
    st.lists(st.integers(0, V - 1), max_size=30),
)
def test_output_is_plain_greedy_with_and_without_drafts(
    seed: int | None, prompt: list[int], limit: int, levels: int, drafts: bool | None, likely: list[int]
) -> None:
    grammar = None if seed is None else random_grammar(seed)
    engine = FakeEngine(V, levels=levels)
    session = EngineSession(engine, prompt[:3])
    decoded = generate(session, prompt, grammar, STOP, limit, drafts, likely)
    assert list(decoded.tokens) == plain_greedy(FakeEngine(V, levels=levels), prompt, grammar, limit)
    assert decoded.accepted <= decoded.drafted
    assert session.places[: len(prompt)] == tuple(prompt) or decoded.steps == 0
    assert session.places == (*prompt, *decoded.tokens)[: len(session.places)]
    again = generate(session, prompt, grammar, STOP, limit, not drafts)
    assert again.tokens == decoded.tokens
    if grammar:
        state = grammar.start
        for token in decoded.tokens:
            state = grammar.advance(state, token)
        assert grammar.accepting[state]


class Copying(FakeEngine):
    """Always prefers what followed the last token at its first occurrence: drafts come true."""

    def _logits(self, count: int) -> np.ndarray:
        logits = np.zeros(self.vocab_size, dtype=np.float32)
        held = [place for place in self._held if isinstance(place, int)]
        following = held.index(held[count - 1]) + 1
        logits[held[following] if following < count else 9] = 1
        return logits


def test_drafts_and_forced_tokens_save_model_calls() -> None:
    prompt = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 10]
    with_drafts = generate(EngineSession(Copying(V)), prompt, None, STOP, 20, drafts=True)
    without = generate(EngineSession(Copying(V)), prompt, None, STOP, 20, drafts=False)
    assert with_drafts.tokens == without.tokens
    assert without.steps == 20
    assert with_drafts.steps <= 6
    assert with_drafts.accepted >= 14
    chain = np.array([[ILLEGAL, 1], [ILLEGAL, 2], [ILLEGAL, ILLEGAL]], dtype=np.uint16)
    accepting = np.array([False, False, True])
    classes = np.array([0] * 5 + [1] + [0] * (V - 6), dtype=np.uint16)
    grammar = Grammar("0" * 64, 0, classes, chain, accepting, shortest_to_end(chain, accepting))
    decoded = generate(EngineSession(FakeEngine(V)), [1], grammar, STOP, 9)
    assert (decoded.tokens, decoded.steps, decoded.forced) == ((5, 5), 0, 2)


@pytest.mark.parametrize("drafts", [True, False])
@pytest.mark.parametrize("seed", [None, 5])
def test_an_answer_is_told_while_it_grows_and_ends_when_told_to(seed: int | None, drafts: bool) -> None:
    grammar = None if seed is None else random_grammar(seed)
    prompt = [10, 11, 12, 10]
    told: list[list[int]] = []
    session = EngineSession(Copying(V) if grammar is None else FakeEngine(V))
    whole = generate(session, prompt, grammar, STOP, 20, drafts, on_tokens=told.append)
    assert generate(session, prompt, grammar, STOP, 20, drafts) == whole
    assert all(tuple(part) == whole.tokens[: len(part)] for part in told)
    assert [len(part) for part in told] == sorted({len(part) for part in told})
    assert told
    first = told[0]
    ended = generate(session, prompt, grammar, STOP, 20, drafts, on_tokens=lambda _tokens: False)
    assert (list(ended.tokens), ended.is_cut) == (first, True)
    assert ended.steps <= 1
    assert generate(session, prompt, grammar, STOP, 20, drafts).tokens == whole.tokens


def test_a_likely_answer_that_comes_true_takes_few_calls() -> None:
    answer = [*range(10, 18), 22, *range(4, 10)]
    engine = ScriptedEngine(FakeEngine(V))
    engine.exact_multi_token = True
    engine.follow([20, 21], [*answer, 2])
    likely = [*range(4, 10), *range(10, 18)]  # in another order, and without the token between
    decoded = generate(EngineSession(engine), [20, 21], None, [2], 40, True, likely)
    assert list(decoded.tokens) == answer
    assert decoded.steps <= 9
    assert decoded.accepted >= 8


def test_drafts_are_left_to_the_engine() -> None:
    engine = Copying(V)
    engine.exact_multi_token = False
    prompt = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 10]
    assert generate(EngineSession(engine), prompt, None, STOP, 9).drafted == 0


def test_ties_go_to_the_lowest_id() -> None:
    class Flat(FakeEngine):
        def _logits(self, count: int) -> np.ndarray:
            return np.zeros(self.vocab_size, dtype=np.float32)

    assert generate(EngineSession(Flat(V)), [5], None, STOP, 3).tokens == (0, 0, 0)


def test_context_bounds_the_answer() -> None:
    decoded = generate(EngineSession(FakeEngine(V, context_length=8)), [4] * 5, None, (), 100)
    assert len(decoded.tokens) == 3


def test_impossible_limits_are_refused() -> None:
    chain = np.array([[ILLEGAL, 1], [ILLEGAL, 2], [ILLEGAL, ILLEGAL]], dtype=np.uint16)
    accepting = np.array([False, False, True])
    grammar = Grammar("0" * 64, 0, np.ones(V, dtype=np.uint16), chain, accepting, shortest_to_end(chain, accepting))
    with pytest.raises(ContractError, match="too few tokens"):
        generate(EngineSession(FakeEngine(V)), [1], grammar, STOP, 1)
    with pytest.raises(ContractError, match="prompt too long"):
        generate(EngineSession(FakeEngine(V, context_length=4)), [1] * 4, None, STOP, 1)
    with pytest.raises(ContractError, match="max_new_tokens"):
        generate(EngineSession(FakeEngine(V)), [1], None, STOP, 0)


def test_a_session_survives_a_fault() -> None:
    session = EngineSession(FaultyEngine(FakeEngine(V), [3], OSError("gone")))
    with pytest.raises(OSError, match="gone"):
        generate(session, [5, 6, 7], None, (), 12, drafts=False)
    expected = plain_greedy(FakeEngine(V), [5, 6, 7], None, 12)
    assert list(generate(session, [5, 6, 7], None, STOP, 12, drafts=False).tokens) == expected
