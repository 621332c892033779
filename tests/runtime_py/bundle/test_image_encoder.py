"""Pictures to rows over a hand-made graph: what is fed, what is refused, what the identity says."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from runtime_py.bundle import ImageEncoder
from runtime_py.errors import BundleError, ContractError
from runtime_py.images import square
from tests.seeing import SIDE, TOKENS, weights, write_graph

HIDDEN = 16
PIXELS = np.random.default_rng(3).integers(0, 256, (20, 30, 3), np.uint8)


def encoder(path: Path, tokens: int = TOKENS, hidden: int = HIDDEN) -> ImageEncoder:
    return ImageEncoder(path, hashlib.sha256(path.read_bytes()).hexdigest(), SIDE, tokens, hidden)


def test_a_picture_of_any_size_becomes_rows(tmp_path: Path) -> None:
    found = encoder(write_graph(tmp_path / "vision.onnx", HIDDEN))
    rows = found.encode(PIXELS)
    expected = square(PIXELS, SIDE).astype(np.float32).reshape(1, -1) @ weights(HIDDEN)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, expected.reshape(TOKENS, HIDDEN), rtol=1e-5, atol=1e-5)
    assert (found.side, found.tokens, found.hidden) == (SIDE, TOKENS, HIDDEN)


def test_the_identity_is_that_of_graph_and_pixels(tmp_path: Path) -> None:
    one, other = (write_graph(tmp_path / f"{n}.onnx", HIDDEN, n) for n in (TOKENS, TOKENS + 1))
    same = encoder(one).identity
    assert encoder(one).identity == same
    assert len(same) == 64
    assert encoder(other, TOKENS + 1).identity != same
    assert hashlib.sha256(one.read_bytes()).hexdigest() != same  # another rule for pixels is another encoder


@pytest.mark.parametrize(("tokens", "hidden"), [(TOKENS + 1, HIDDEN), (TOKENS, HIDDEN + 1)])
def test_a_graph_of_other_rows_is_refused(tmp_path: Path, tokens: int, hidden: int) -> None:
    with pytest.raises(BundleError, match="expected rows of data type 1") as refusal:
        encoder(write_graph(tmp_path / "vision.onnx", HIDDEN), tokens, hidden)
    assert refusal.value.reason == "unlinkable parts"


def test_a_graph_of_unknown_operators_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected known operators, got :Loop"):
        encoder(write_graph(tmp_path / "vision.onnx", HIDDEN, operator="Loop"))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    found = encoder(write_graph(tmp_path / "vision.onnx", HIDDEN))
    for wrong in (PIXELS.astype(np.float32), PIXELS[:, :, :1], PIXELS[:0]):
        with pytest.raises(ContractError, match="wrong pixels"):
            found.encode(wrong)  # type: ignore[arg-type]
