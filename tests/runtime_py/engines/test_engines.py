"""The fake engine passes the contract; faults leave engines and sessions usable."""

import numpy as np
import pytest

from runtime_py.decoding.session import EngineSession
from runtime_py.engines import Engine, EngineKey, kinds
from runtime_py.engines.fake import FakeEngine, FaultyEngine
from runtime_py.errors import ConfigError, ContractError
from tests.runtime_py.engines.engine_contract import TOKENS, EmbeddingsContract, EngineContract


class TestFakeEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> Engine:
        return FakeEngine()

    @pytest.fixture
    def other(self) -> Engine:
        return FakeEngine(key=EngineKey("0" * 64, "1" * 64))


class TestFaultyEngineWithoutFaults(TestFakeEngine):
    @pytest.fixture
    def engine(self) -> Engine:
        return FaultyEngine(FakeEngine(), [], OSError("never"))


class TestFakeEngineWithEmbeddings(EmbeddingsContract):
    @pytest.fixture
    def engine(self) -> Engine:
        return FakeEngine(embedding_width=8)

    @pytest.fixture
    def other(self) -> Engine:
        return FakeEngine(key=EngineKey("0" * 64, "1" * 64), embedding_width=8)


class TestFaultyEngineWithEmbeddings(TestFakeEngineWithEmbeddings):
    @pytest.fixture
    def engine(self) -> Engine:
        return FaultyEngine(FakeEngine(embedding_width=8), [], OSError("never"))


def test_kinds_are_the_modules_of_the_room() -> None:
    assert {"onnx", "executorch"} <= set(kinds())
    assert "fake" not in kinds()


def test_a_fault_changes_nothing() -> None:
    session = EngineSession(FaultyEngine(FakeEngine(), [1], OSError("disk")))
    session.start([1, 2])
    with pytest.raises(OSError, match="disk"):
        session.feed([3])
    assert session.places == (1, 2)
    np.testing.assert_array_equal(session.feed([3]), FakeEngine().feed([1, 2, 3]))


@pytest.mark.parametrize("bad", [np.float32("nan"), np.float32("inf")])
def test_logits_that_are_not_finite_are_refused(bad: np.float32) -> None:
    class Broken(FakeEngine):
        def _run(self, tokens, past, positions):  # type: ignore[no-untyped-def]
            logits = super()._run(tokens, past, positions)
            logits[0, 5] = bad
            return logits

    engine = Broken()
    with pytest.raises(ContractError, match="finite"):
        engine.feed(TOKENS)
    assert engine.length == 0


def test_session_computes_the_prefix_once() -> None:
    engine = FakeEngine()
    session = EngineSession(engine, prefix=[1, 2, 3])
    first = session.start([1, 2, 3, 4, 5])
    assert (engine.feeds, engine.fed) == (2, 5)
    session.feed([6])
    second = session.start([1, 2, 3, 4, 7])
    assert engine.fed == 7
    np.testing.assert_array_equal(first, FakeEngine().feed([1, 2, 3, 4, 5]))
    np.testing.assert_array_equal(second, FakeEngine().feed([1, 2, 3, 4, 7]))
    np.testing.assert_array_equal(session.start([1, 2, 3, 4, 7]), second)
    assert engine.fed == 8


def test_session_on_an_inexact_engine_reuses_only_the_whole_prefix() -> None:
    engine = FakeEngine()
    engine.exact_multi_token = False
    session = EngineSession(engine, prefix=[1, 2, 3])
    session.start([1, 2, 3, 4, 5])
    session.start([1, 2, 3, 4, 5])
    assert (engine.feeds, engine.fed) == (3, 7)
    session.start([1, 2, 9])
    assert engine.fed == 10


def test_session_refuses_an_engine_used_beside_it() -> None:
    engine = FakeEngine()
    session = EngineSession(engine)
    session.start([1])
    engine.feed([2])
    with pytest.raises(ContractError, match="beside its session"):
        session.feed([3])


def test_unknown_kind_is_named() -> None:
    from runtime_py.engines import open_engine

    with pytest.raises(ConfigError, match="unknown engine"):
        open_engine(None, "tensor")  # type: ignore[arg-type]
