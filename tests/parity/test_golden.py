"""A golden written and read back is the same golden; a damaged one is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import BundleError
from runtime_py.parity.golden import Golden, golden_bytes, parse_golden, read_golden


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
