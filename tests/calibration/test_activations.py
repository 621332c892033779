"""Histograms that only merge, ranges of each method, rows of the right operation, and the file that is read back."""

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.activations.histogram import BINS, Histogram
from calibration.activations.measure import Measured, Source, _digest, unseen_shape
from calibration.activations.rows import read_rows
from runtime_py.engines.qnn.grid import Grid
from runtime_py.errors import ConfigError
from runtime_py.files.ranges import RANGES, FirstToken, read_ranges
from runtime_py.operations.chat import Chat


def histogram(parts: list[np.ndarray]) -> Histogram:
    made = Histogram()
    for part in parts:
        made.add(part.astype(np.float32))
    return made


def test_counts_do_not_depend_on_the_order_in_which_numbers_come() -> None:
    values = np.random.default_rng(3).standard_normal(4096) * 10.0 ** np.arange(4096)[::-1].clip(0, 3)
    one, other = histogram(np.split(values, 8)), histogram(np.split(values[::-1], 16))
    np.testing.assert_array_equal(one.counts, other.counts)
    assert one.counts.sum() == 4096
    assert one.ranges() == other.ranges()
    assert (one.low, one.high) == tuple(float(np.float32(x)) for x in (values.min(), values.max()))


def test_methods_cut_what_they_say() -> None:
    values = np.random.default_rng(5).uniform(-1, 1, 400_000)
    values[:2] = 80.0, -90.0
    ranges = histogram([values]).ranges()
    width = 2 * 128 / BINS
    assert ranges.minmax == (-90.0, 80.0)
    assert ranges.percentile == pytest.approx((-1, 1), abs=width)
    assert -90 <= ranges.mse[0] < 0 < ranges.mse[1] <= 80


def test_of_few_numbers_nothing_is_cut_away() -> None:
    ranges = histogram([np.array([0.5, 0.25])]).ranges()
    assert ranges.minmax == (0.25, 0.5)
    assert ranges.percentile[1] == 0.5


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.5, 2.0), (-7.0, -2.0), (0.0, 0.0)])
def test_a_grid_holds_zero_and_rounds_by_half_a_step(low: float, high: float) -> None:
    grid = Grid.over(low, high)
    values = np.linspace(low, high, 1001, dtype=np.float32)
    assert np.abs(grid.decode(grid.encode(values)) - values).max() <= grid.scale * 0.51
    assert grid.decode(grid.encode(np.zeros(1, np.float32)))[0] == 0
    assert grid.encode(np.array([high + 1e6, low - 1e6], np.float32)).tolist() == [65535, 0]


def test_a_file_of_ranges_is_read_strictly(tmp_path: Path) -> None:
    pair = {"minmax": [-1.0, 2.0], "percentile": [-1.0, 1.0], "mse": [-1.0, 1.5]}
    wide = {"minmax": [-3.0, 1.0], "percentile": [-2.0, 1.0], "mse": [-2.0, 1.0]}
    good = {
        "format": "memlora.ranges", "version": 1, "base_sha256": "0" * 64, "chunk": 8, "window": 64,
        "tokens": {"a": 600, "b": 700}, "operations": {"a": {"x": pair}, "b": {"x": wide}},
    }  # fmt: skip
    (tmp_path / RANGES).write_text(json.dumps(good))
    assert read_ranges(tmp_path).union("minmax") == {"x": (-3.0, 2.0)}
    assert read_ranges(tmp_path).union("minmax", ("a",)) == {"x": (-1.0, 2.0)}
    for changed, message in (
        ({"version": 2}, "expected memlora.ranges 1"),
        ({"more": 1}, "expected known keys, got 'more'"),
        ({"operations": {"a": {"x": pair | {"mse": [2.0, 1.0]}}}}, "expected a least and a largest number"),
    ):
        (tmp_path / RANGES).write_text(json.dumps(good | changed))
        with pytest.raises(ConfigError, match=message):
            read_ranges(tmp_path)
    with pytest.raises(ConfigError, match=r"expected a folder with ranges.json, found none"):
        read_ranges(tmp_path / "nowhere")


def rows(folder: Path, operation: str, lines: list[dict[str, object]], chat: Chat) -> list[list[int]]:
    path = folder / operation / "train.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_rows(folder, operation, chat, 64, 256)


def test_rows_are_those_of_the_operation_and_enough(tmp_path: Path) -> None:
    from export.sources.chat import open_chat
    from tests.conftest import TINY

    hf = tmp_path / "base" / "hf"
    hf.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (hf / name).write_bytes((TINY / name).read_bytes())
    chat = open_chat(tmp_path / "base")
    golden = Path(__file__).parents[2] / "export" / "golden_inputs"
    examples = [json.loads(line) for line in (golden / "extract.jsonl").read_text("utf-8").splitlines()]
    found = rows(tmp_path, "extract", examples[:20], chat)
    assert len(found) == 20
    assert all(row[-1] == chat.turn_end or len(row) == 256 for row in found)
    with pytest.raises(ConfigError, match="expected at least 512 tokens to measure on"):
        rows(tmp_path, "extract", examples[:1], chat)
    with pytest.raises(ConfigError, match=r"expected rows of generate, got .* of another"):
        rows(tmp_path, "generate", examples, chat)
    with pytest.raises(ConfigError, match="expected at least one row"):
        rows(tmp_path, "extract", [], chat)


def test_what_is_gone_on_with_was_measured_with_the_same_first_token(tmp_path: Path) -> None:
    """Whether the first token is kept apart is told by the rows of all operations, and another run may have others."""
    measured = Measured(
        tmp_path / "g.onnx", "0" * 64, 8, unseen_shape(1, 1, 4, 64), lambda _tokens: np.zeros((0, 4), np.float32)
    )
    source = Source([[1, 2, 3]], {}, "none")
    names = {_digest(measured, source, first) for first in (None, FirstToken(1, {}), FirstToken(2, {}))}
    assert len(names) == 3
