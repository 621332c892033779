"""What every engine must do; a test class per engine derives from this one and says how to open it."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from runtime_py.engines import Engine
from runtime_py.errors import ContractError
from runtime_py.parts import Embeddings, Piece, Tokens

TOKENS = [3, 1, 4, 1, 5, 9, 2, 6]


class EngineContract(ABC):
    """`relative_error` bounds how far logits may lie apart when only the cutting into feeds differs."""

    relative_error = 2e-3

    @abstractmethod
    @pytest.fixture
    def engine(self) -> Engine:
        """A fresh engine with the operation's adapter."""

    @abstractmethod
    @pytest.fixture
    def other(self) -> Engine:
        """An engine of the same bundle under another adapter, or none."""

    def same(self, engine: Engine, a: np.ndarray, b: np.ndarray) -> None:
        """Equal, to the last bit where the engine promises that."""
        if engine.exact_multi_token:
            np.testing.assert_array_equal(a, b)
        else:
            assert np.linalg.norm(a - b) <= self.relative_error * np.linalg.norm(b)

    def test_shapes_and_length(self, engine: Engine) -> None:
        assert engine.length == 0
        last = engine.feed(TOKENS)
        assert last.shape == (engine.vocab_size,)
        assert last.dtype == np.float32
        rows = engine.feed(TOKENS[:3], all_logits=True)
        assert rows.shape == (3, engine.vocab_size)
        assert engine.length == len(TOKENS) + 3

    def test_same_feeds_give_the_same_bits(self, engine: Engine) -> None:
        first = engine.feed(TOKENS)
        engine.reset()
        np.testing.assert_array_equal(first, engine.feed(TOKENS))

    def test_all_logits_end_with_the_last(self, engine: Engine) -> None:
        rows = engine.feed(TOKENS, all_logits=True)
        engine.reset()
        self.same(engine, rows[-1], engine.feed(TOKENS))
        assert not np.array_equal(rows[0], rows[-1])

    def test_cutting_into_feeds_does_not_matter(self, engine: Engine) -> None:
        whole = engine.feed(TOKENS, all_logits=True)
        engine.reset()
        single = np.stack([engine.feed([token]) for token in TOKENS])
        self.same(engine, single, whole)
        engine.reset()
        engine.feed(TOKENS[:3])
        self.same(engine, engine.feed(TOKENS[3:]), whole[-1])

    def test_rewind_forgets(self, engine: Engine) -> None:
        engine.feed(TOKENS[:4])
        expected = engine.feed([7, 8])
        engine.rewind(4)
        engine.feed([11, 12, 13])
        engine.rewind(4)
        assert engine.length == 4
        np.testing.assert_array_equal(engine.feed([7, 8]), expected)

    def test_history_matters(self, engine: Engine) -> None:
        first = engine.feed([1, 2, 3])
        engine.reset()
        assert not np.array_equal(first, engine.feed([2, 1, 3]))

    def test_returned_logits_are_the_callers(self, engine: Engine) -> None:
        first = engine.feed([1])
        copy = first.copy()
        engine.feed([2])
        np.testing.assert_array_equal(first, copy)

    def test_wrong_calls_are_refused_and_change_nothing(self, engine: Engine) -> None:
        engine.feed([1, 2])
        for tokens in ([], [-1], [engine.vocab_size], [1] * (engine.context_length - 1)):
            with pytest.raises(ContractError):
                engine.feed(tokens)
        for length in (-1, 3):
            with pytest.raises(ContractError):
                engine.rewind(length)
        assert engine.length == 2
        after = engine.feed([3])
        engine.reset()
        engine.feed([1, 2])
        np.testing.assert_array_equal(after, engine.feed([3]))

    def test_context_can_be_filled(self, engine: Engine) -> None:
        engine.feed([1] * (engine.context_length - 1))
        engine.feed([2])
        assert engine.length == engine.context_length
        with pytest.raises(ContractError, match="context overflow"):
            engine.feed([3])

    def test_adapter_changes_logits_and_engines_do_not_disturb_each_other(self, engine: Engine, other: Engine) -> None:
        assert engine.key != other.key
        alone = engine.feed(TOKENS)
        engine.reset()
        other_alone = other.feed(TOKENS)
        assert not np.array_equal(alone, other_alone)
        other.reset()
        engine.feed(TOKENS[:4])
        other.feed(TOKENS[:4])
        mixed, other_mixed = engine.feed(TOKENS[4:]), other.feed(TOKENS[4:])
        self.same(engine, mixed, alone)
        self.same(other, other_mixed, other_alone)

    def test_tokens_may_come_as_parts(self, engine: Engine) -> None:
        expected = engine.feed(TOKENS)
        engine.reset()
        np.testing.assert_array_equal(
            engine.feed([Tokens(tuple(TOKENS[:3])), *TOKENS[3:5], Tokens((9, 2, 6))]), expected
        )
        with pytest.raises(ContractError, match="nothing to feed"):
            engine.feed([Tokens(())])
        with pytest.raises(ContractError, match="outside the vocabulary"):
            engine.feed([Tokens((0, engine.vocab_size))])
        assert engine.length == len(TOKENS)

    def test_embeddings_of_another_width_are_refused_and_change_nothing(self, engine: Engine) -> None:
        engine.feed(TOKENS)
        strange = Embeddings(np.ones((2, engine.embedding_width + 1), np.float32))
        with pytest.raises(ContractError, match=r"cannot feed embeddings: expected .*, got embeddings \[2, "):
            engine.feed([1, strange, 2])
        assert engine.length == len(TOKENS)
        after = engine.feed([3])
        engine.reset()
        engine.feed(TOKENS)
        np.testing.assert_array_equal(after, engine.feed([3]))


class EmbeddingsContract(EngineContract):
    """What an engine that takes embeddings must do besides."""

    def embeddings(self, engine: Engine, rows: int, seed: int = 0) -> Embeddings:
        """Random embeddings `[rows, D]` of the engine's width."""
        numbers = np.random.default_rng(seed).standard_normal((rows, engine.embedding_width), dtype=np.float32)
        return Embeddings(numbers)

    def test_embeddings_hold_a_place_a_row(self, engine: Engine) -> None:
        seen = self.embeddings(engine, 3)
        rows = engine.feed([1, seen, 2], all_logits=True)
        assert rows.shape == (5, engine.vocab_size)
        assert engine.length == 5
        engine.reset()
        engine.feed([1])
        engine.feed([seen])
        self.same(engine, engine.feed([2]), rows[-1])
        engine.rewind(4)
        self.same(engine, engine.feed([2]), rows[-1])
        with pytest.raises(ContractError, match="context overflow"):
            engine.feed([self.embeddings(engine, engine.context_length - 4)])

    def test_other_embeddings_and_other_places_give_other_logits(self, engine: Engine) -> None:
        one, two = self.embeddings(engine, 2, 1), self.embeddings(engine, 2, 2)
        logits = []
        feeds: list[list[Piece]] = [[1, one, 2], [1, two, 2], [one, 1, 2], [1, 2, one], [1, one, one, 2], [1, 2]]
        for fed in feeds:
            engine.reset()
            logits.append(engine.feed(fed))
        assert all(not np.array_equal(a, b) for i, a in enumerate(logits) for b in logits[:i])
