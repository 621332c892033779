"""A golden written and read back is the same golden; a damaged one is refused."""

from pathlib import Path

import numpy as np
import pytest

from runtime_py.errors import BundleError
from runtime_py.parity.golden import Golden, golden_bytes, read_golden


def golden() -> Golden:
    logits = np.arange(8, dtype=np.float32).reshape(2, 4)
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
    with pytest.raises(BundleError, match=r"extract\.safetensors cannot be read") as refusal:
        read_golden(path)
    assert refusal.value.reason == "malformed bytes"
