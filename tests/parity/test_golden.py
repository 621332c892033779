"""A golden written and read back is the same golden; a damaged one is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from export.parity.goldens import make_golden
from export.parity.torch import last_logits
from runtime_py.engines import EngineKey
from runtime_py.engines.fake import FakeEngine
from runtime_py.errors import BundleError, ContractError
from runtime_py.parity import replay_golden
from runtime_py.parity.golden import EMBEDDED, NAMES, Golden, golden_bytes, parse_golden, read_golden
from runtime_py.parts import Embeddings, Piece


def golden() -> Golden:
    logits = np.arange(16, dtype=np.float32).reshape(2, 8)
    return Golden([[1, 2, 3], [4]], [[5, 6], [7]], [[0.5, 0.25], [1.0]], logits, logits + 1)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "extract.safetensors"
    path.write_bytes(golden_bytes(golden()))
    read = read_golden(path)
    assert (read.prompts, read.tokens, read.margins) == (golden().prompts, golden().tokens, golden().margins)
    assert np.array_equal(read.logits_without, golden().logits_without)
    assert read.steps == 3


LONG, SHORT = (Embeddings(np.arange(3 * n, dtype=np.float32).reshape(n, 3)) for n in (2, 1))
PARTS: list[list[Piece]] = [[1, LONG, SHORT, 2], [SHORT], [4]]


def with_parts() -> Golden:
    logits = np.arange(24, dtype=np.float32).reshape(3, 8)
    return Golden(PARTS, [[5, 6], [7], [0]], [[0.5, 0.25], [1.0], [2.0]], logits, logits + 1)


def test_prompts_of_parts_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "look.safetensors"
    path.write_bytes(golden_bytes(with_parts()))
    assert read_golden(path).prompts == PARTS


def test_a_file_of_tokens_is_what_it_was() -> None:
    """Bundles made before prompts had parts stay readable, and the same goldens give the same file."""
    assert sorted(load(golden_bytes(golden()))) == sorted(NAMES)
    assert sorted(load(golden_bytes(with_parts()))) == sorted([*NAMES, *EMBEDDED])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("embedding_offsets"), "expected the tensors"),
        (lambda t: t.update(embeddings=t["embeddings"][:3]), "embeddings of 4 rows, as prompt_tokens has places for"),
        (lambda t: t.update(embeddings=t["embeddings"][:, :0]), "embeddings of 4 rows"),
        (lambda t: t.update(embeddings=t["embeddings"][:, 0]), "embeddings of type float32 and rank 2"),
        (lambda t: t.update(embeddings=t["embeddings"] + np.float32("inf")), "finite numbers in embeddings"),
        (lambda t: t.update(embedding_offsets=np.array([0, 2, 5])), "embedding_offsets that rise from 0 to 4"),
        (lambda t: t.update(embedding_offsets=np.array([0, 2, 4])), "side by side in one prompt"),
        (lambda t: t.update(prompt_tokens=np.array([1, -1, 2, -1, -1, -1, 4])), "side by side in one prompt"),
        (lambda t: [t.pop(name) for name in EMBEDDED], "tokens from 0 to 7, got -1"),
        (lambda t: t.update(prompt_tokens=np.array([1, -1, -1, -1, -2, -1, 4])), "tokens from 0 to 7, got -2"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: Callable[[dict[str, Any]], object], message: str) -> None:
    tensors = dict(load(golden_bytes(with_parts())))
    change(tensors)
    with pytest.raises(BundleError, match=message):
        parse_golden(save(tensors), "look.safetensors")


def test_a_type_that_numpy_lacks_is_refused() -> None:
    data = golden_bytes(golden()).replace(b'"F32"', b'"F8_"', 1).replace(b'"F8_"', b'"F33"')
    with pytest.raises(BundleError, match="expected safetensors"):
        parse_golden(data, "x.safetensors")


def test_parts_are_replayed_where_an_engine_takes_them() -> None:
    """What a golden of parts says is what the engine that made it says again; one for tokens refuses in a sentence."""

    def engine(adapter: str | None = None, width: int = 3) -> FakeEngine:
        return FakeEngine(8, 64, EngineKey("0" * 64, adapter), embedding_width=width)

    made = make_golden(engine("a"), engine(), PARTS, set(), 4)
    again = parse_golden(golden_bytes(made), "look.safetensors")
    result = replay_golden("look", "onnx", again, engine("a"), engine())
    assert result.passed
    assert (result.agreement.steps, result.agreement.misses) == (12, [])
    assert not replay_golden("look", "onnx", again, engine("b"), engine()).passed
    with pytest.raises(ContractError, match="expected tokens only, got embeddings"):
        replay_golden("look", "onnx", again, engine("a", width=0), None)


class _Echo:
    """A model whose logits are what it was fed; token t is embedded as t, t, t."""

    def get_input_embeddings(self) -> Any:
        return lambda ids: ids[..., None].float().expand(-1, -1, 3).clone()

    def __call__(self, inputs_embeds: Any, use_cache: bool, logits_to_keep: Any) -> Any:
        return SimpleNamespace(logits=inputs_embeds[:, logits_to_keep])


def test_the_reference_is_fed_rows_in_their_places() -> None:
    prompts: list[list[Piece]] = [[1, LONG, 2], [SHORT, LONG, 7, 3, 4]]
    counts = [4, 5]
    found = last_logits(_Echo(), prompts, counts)
    for prompt, count, logits in zip(prompts, counts, found, strict=True):
        rows = [x.rows if isinstance(x, Embeddings) else np.full((1, 3), x, np.float32) for x in prompt]
        np.testing.assert_array_equal(logits, np.concatenate(rows)[-count:])


def test_same_golden_same_bytes() -> None:
    assert golden_bytes(golden()) == golden_bytes(golden())


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "extract.safetensors"
    path.write_bytes(golden_bytes(golden())[:-3])
    with pytest.raises(BundleError, match=r"wrong golden extract\.safetensors: expected safetensors") as refusal:
        read_golden(path)
    assert refusal.value.reason == "malformed bytes"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: replace(g, prompts=[], tokens=[], margins=[]), "one prompt or more"),
        (lambda g: replace(g, tokens=[[5, 6], []], margins=[[0.5, 0.25], []]), "token_offsets that rise"),
        (lambda g: replace(g, logits_with=g.logits_with[:0], logits_without=g.logits_with[:0]), "after 1 to 2 prompts"),
        (lambda g: replace(g, logits_without=g.logits_without[:1]), "after 1 to 2 prompts"),
        (lambda g: replace(g, logits_with=g.logits_with * np.float32("nan")), "finite numbers in logits_with"),
        (lambda g: replace(g, tokens=[[5, 8], [7]]), "tokens from 0 to 7, got 1 to 8"),
        (lambda g: replace(g, margins=[[0.5, 0.25], []]), "a margin for each token"),
        (lambda g: replace(g, logits_with=g.logits_with.astype(np.float16)), "logits_with of type float32"),
    ],
)
def test_a_golden_that_proves_nothing_is_refused(change: Callable[[Golden], Golden], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        parse_golden(golden_bytes(change(golden())), "extract.safetensors")
