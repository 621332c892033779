"""The ONNX Runtime engine on a real graph: the contract, adapters side by side, decoding, sessions."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime_py import operations
from runtime_py.decoding.greedy import generate
from runtime_py.decoding.session import EngineSession
from runtime_py.engines import Engine, EngineFiles, Logits, open_engine
from runtime_py.engines.fake import FakeEngine
from runtime_py.engines.onnx import engine as onnx_engine
from runtime_py.engines.onnx import is_exact
from runtime_py.errors import BundleError
from runtime_py.text.tokenizer import Tokenizer
from tests.runtime_py.engines.engine_contract import TOKENS, EngineContract
from tests.runtime_py.engines.lowered import lower_over_one_graph

pytestmark = pytest.mark.slow

Parts = tuple[dict[str, EngineFiles], dict[str, object]]


def lower(folder: Path, checkpoint: Path, adapters: Path, accuracy_level: int) -> Parts:
    """Engine files of each operation over one graph, and what its engines share."""
    sources = {name: adapters / name for name in operations.names()}
    return lower_over_one_graph(folder, checkpoint, sources, accuracy_level), {}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> Parts:
    """As shipped: activations are rounded to int8."""
    return lower(tmp_path_factory.mktemp("shipped") / "base", checkpoint, adapters, 4)


@pytest.fixture(scope="module")
def exact_parts(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, adapters: Path) -> Parts:
    """The arbiter: no activation is rounded."""
    return lower(tmp_path_factory.mktemp("arbiter") / "base", checkpoint, adapters, 0)


class TestArbiterEngine(EngineContract):
    relative_error = 1e-5  # float32 sums in another order; 9e-7 measured

    @pytest.fixture
    def engine(self, exact_parts: Parts) -> Engine:
        return open_engine(exact_parts[0]["extract"], "onnx", True, exact_parts[1])

    @pytest.fixture
    def other(self, exact_parts: Parts) -> Engine:
        return open_engine(exact_parts[0]["generate"], "onnx", True, exact_parts[1])


class TestOnnxEngine(EngineContract):
    relative_error = 3e-2  # those sums can tip an activation to the next int8 value; 1e-2 measured

    @pytest.fixture
    def engine(self, parts: Parts) -> Engine:
        return open_engine(parts[0]["extract"], "onnx", True, parts[1])

    @pytest.fixture
    def other(self, parts: Parts) -> Engine:
        return open_engine(parts[0]["generate"], "onnx", True, parts[1])


class TestExactEngine(EngineContract):
    """As shipped, lone tokens fed in pairs: every comparison of the contract is to the last bit."""

    @pytest.fixture
    def engine(self, parts: Parts) -> Engine:
        return open_engine(parts[0]["extract"], "onnx", True, parts[1], exact=True)

    @pytest.fixture
    def other(self, parts: Parts) -> Engine:
        return open_engine(parts[0]["generate"], "onnx", True, parts[1], exact=True)

    def test_it_is_exact_here(self, engine: Engine) -> None:
        assert engine.exact_multi_token


@pytest.mark.parametrize("every", [False, True])
def test_a_long_feed_in_chunks_is_the_feed_at_once(parts: Parts, monkeypatch: pytest.MonkeyPatch, every: bool) -> None:
    engine = open_engine(parts[0]["extract"], "onnx", True, parts[1])
    tokens, following = list(range(3, 66)), []
    expected = engine.feed(tokens, all_logits=every)
    following.append(engine.feed([5]))
    engine.reset()
    monkeypatch.setattr(onnx_engine, "_CHUNK_TOKENS", 16)  # 63 tokens in 4 feeds
    np.testing.assert_array_equal(engine.feed(tokens, all_logits=every), expected)
    following.append(engine.feed([5]))
    np.testing.assert_array_equal(following[0], following[1])


def test_an_engine_that_cutting_changes_is_not_exact(parts: Parts) -> None:
    class Drifting(FakeEngine):
        def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
            drifted: Logits = super()._run(tokens, past, positions) + np.float32(1e-6) * (tokens.shape[1] == 8)
            return drifted

    assert is_exact(FakeEngine())
    assert not is_exact(Drifting())
    assert not is_exact(open_engine(parts[0]["extract"], "onnx", True, parts[1]))


def test_drafts_leave_the_tokens_of_an_untrained_model_unchanged(parts: Parts, checkpoint: Path) -> None:
    from export.grammar.compile import compile_grammar

    tokenizer, random, accepted = Tokenizer.from_file(checkpoint / "tokenizer.json"), Random(0), 0
    for name in operations.names():
        schema = operations.get(name).schema
        grammar = compile_grammar(schema, tokenizer) if schema else None
        session = EngineSession(open_engine(parts[0][name], "onnx", True, parts[1], exact=True))
        for _ in range(12):
            prompt = [random.randrange(3, 40) for _ in range(random.randrange(4, 30))] * 2
            plain = generate(session, prompt, grammar, [2], 40, drafts=False)
            drafted = generate(session, prompt, grammar, [2], 40, drafts=True)
            assert drafted.tokens == plain.tokens
            assert drafted.steps <= plain.steps
            accepted += drafted.accepted
    assert accepted > 0


def test_engines_share_one_session(parts: Parts) -> None:
    shared: dict[str, object] = {}
    for files in parts[0].values():
        open_engine(files, "onnx", True, shared)
    assert len(shared) == 1


def test_adapters_one_after_another_give_what_each_gives_alone(parts: Parts) -> None:
    files, shared = parts
    alone = {name: open_engine(files[name], "onnx", True, {}).feed(TOKENS) for name in files}
    alone["base"] = open_engine(files["extract"], "onnx", False, {}).feed(TOKENS)
    for name in (*operations.names(), "base", *reversed(operations.names())):
        engine = open_engine(files["extract" if name == "base" else name], "onnx", name != "base", shared)
        np.testing.assert_array_equal(engine.feed(TOKENS), alone[name])
    values = list(alone.values())
    assert all(not np.array_equal(a, b) for i, a in enumerate(values) for b in values[:i])


def test_grammar_makes_an_untrained_model_write_json(parts: Parts, checkpoint: Path) -> None:
    from export.grammar.compile import compile_grammar

    tokenizer = Tokenizer.from_file(checkpoint / "tokenizer.json")
    prefix = tokenizer.encode("Extract the facts as JSON.")
    for name in ("extract", "update"):
        operation = operations.get(name)
        assert operation.schema is not None
        grammar = compile_grammar(operation.schema, tokenizer)
        session = EngineSession(open_engine(parts[0][name], "onnx", True, parts[1]), prefix)
        prompt = [*prefix, *tokenizer.encode("Maria lives in Kluvo")]
        decoded = generate(session, prompt, grammar, [2], 40)
        operation.parse(tokenizer.decode(list(decoded.tokens)))
        assert generate(session, prompt, grammar, [2], 40) == decoded


def test_missing_parts_are_named(parts: Parts, tmp_path: Path) -> None:
    from dataclasses import replace

    extract = parts[0]["extract"]
    with pytest.raises(BundleError, match="no onnx program for extract"):
        open_engine(replace(extract, programs={}))
    with pytest.raises(BundleError, match="no base without adapter"):
        open_engine(replace(extract, adapter=None), adapter=False)
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(BundleError, match="malformed graph model"):
        open_engine(replace(extract, programs={"onnx": tmp_path / "model.onnx"}))
