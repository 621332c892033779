"""The table of pixels that both languages replay, and Pillow itself as its judge."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from runtime_py.images import Pixels
from tests.runtime_py.images.conformance import FILE, result
from tests.runtime_py.images.sources import source

ROWS: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))


def by_pillow(pixels: Pixels, width: int, height: int, name: str) -> Pixels:
    """Width first, then height: what `resize` does at once up to Pillow 12, and in 13 but for tall pictures."""
    from PIL import Image

    method = Image.Resampling[name.upper()]
    picture = Image.fromarray(pixels)
    return np.asarray(picture.resize((width, picture.height), method).resize((width, height), method))


def pillow_takes_height_first(size: tuple[int, int], to: tuple[int, int]) -> bool:
    """What Pillow 13 changed: the order of the passes where the height shrinks by far more than the width."""
    return to[1] < size[1] and size[1] - to[1] > 2 * (size[0] - to[0])


def test_every_row() -> None:
    wrong = [row for row in ROWS if result(row) != row["sha256"]]
    assert wrong == []


def test_there_are_enough() -> None:
    """500 sizes and more, each step, each filter, both ways."""
    resizes = [row for row in ROWS if row["step"] == "resize"]
    assert len({(*row["size"], *row["to"], row["filter"]) for row in resizes}) >= 500
    assert {row["step"] for row in ROWS} == {"resize", "square", "upright", "normalise", "key"}
    assert sum(row["to"][0] > row["size"][0] for row in resizes) > 100
    assert sum(row["to"][0] < row["size"][0] for row in resizes) > 100


def test_pillow_gives_every_resize() -> None:
    """Its hash, and in one call where its passes have our order."""
    pytest.importorskip("PIL")
    from PIL import Image

    at_once = 0
    for row in ROWS:
        if row["step"] != "resize":
            continue
        pixels = source(row["source"], row["seed"], *row["size"])
        width, height = row["to"]
        theirs = by_pillow(pixels, width, height, row["filter"])
        assert hashlib.sha256(theirs.tobytes()).hexdigest() == row["sha256"], row
        if not pillow_takes_height_first(row["size"], row["to"]):
            direct = Image.fromarray(pixels).resize(tuple(row["to"]), Image.Resampling[row["filter"].upper()])
            assert np.array_equal(np.asarray(direct), theirs), row
            at_once += 1
    assert at_once > 300
