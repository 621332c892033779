"""What every engine must do; a test class per engine derives from this one and says how to open it."""

from abc import ABC, abstractmethod

import numpy as np
import pytest

from runtime_py.engines import Engine
from runtime_py.errors import ContractError

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
