"""Resizing against Pillow at random, against the plain definition, and at its bounds."""

import math
import random
import time

import numpy as np
import pytest

from runtime_py.errors import ContractError
from runtime_py.images import FILTERS, Pixels, fit_size, resize, square
from runtime_py.images.resize import resize_rows
from tests.runtime_py.images.sources import KINDS, source
from tests.runtime_py.images.test_conformance import by_pillow


def plain(pixels: Pixels, wanted: int, support: float, weight: object) -> Pixels:
    """One pass along the columns, number by number, in Python's own integers and floats."""
    assert callable(weight)
    size = pixels.shape[0]
    scale = size / wanted
    stretch = max(1.0, scale)
    out = np.empty((wanted, *pixels.shape[1:]), np.uint8)
    for n in range(wanted):
        centre = (n + 0.5) * scale
        low = max(0, int(centre - support * stretch + 0.5))
        high = min(size, int(centre + support * stretch + 0.5))
        weights = [weight((x - centre + 0.5) * (1.0 / stretch)) for x in range(low, high)]
        total = 0.0
        for number in weights:
            total += number
        whole = [int(math.copysign(0.5, number) + number / total * (1 << 22)) for number in weights]
        for column in np.ndindex(*pixels.shape[1:]):
            sum_ = (1 << 21) + sum(w * int(pixels[(low + i, *column)]) for i, w in enumerate(whole))
            out[(n, *column)] = min(255, max(0, sum_ >> 22))
    return out


def tent(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


@pytest.mark.parametrize(("size", "wanted"), [(1, 1), (1, 9), (9, 1), (17, 5), (5, 17), (40, 39)])
def test_a_pass_is_its_definition(size: int, wanted: int) -> None:
    pixels = source("blocks", size, 3, size)
    assert np.array_equal(resize(pixels, 3, wanted, "bilinear"), plain(pixels, wanted, 1.0, tent))


def test_pillow_agrees_at_random() -> None:
    pytest.importorskip("PIL")
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201
    dice = random.Random(seed)
    for _ in range(150):
        width, height, to_width, to_height = (round(2 ** dice.uniform(0, 8)) for _ in range(4))
        pixels, name = source(dice.choice(KINDS), dice.randrange(1 << 30), width, height), dice.choice(list(FILTERS))
        ours = resize(pixels, to_width, to_height, name)
        assert np.array_equal(ours, by_pillow(pixels, to_width, to_height, name)), (width, height, to_width, to_height)


@pytest.mark.parametrize("name", FILTERS)
def test_one_colour_stays_that_colour(name: str) -> None:
    for value in (0, 1, 127, 254, 255):
        flat = np.full((31, 57, 3), value, np.uint8)
        assert (resize(flat, 13, 90, name) == value).all()


def test_the_same_size_is_a_copy() -> None:
    pixels = source("noise", 1, 9, 7)
    same = resize(pixels, 9, 7)
    assert np.array_equal(same, pixels)
    assert not np.shares_memory(same, pixels)


def test_rows_are_asked_for_once_in_order() -> None:
    pixels, asked = source("noise", 1, 4000, 300), []

    def rows(top: int, end: int) -> Pixels:
        asked.append((top, end))
        return pixels[top:end]

    made = resize_rows(rows, (4000, 300), (40, 30))
    assert np.array_equal(made, resize(pixels, 40, 30))
    assert len(asked) > 3
    assert [end for _, end in asked[:-1]] == [top for top, _ in asked[1:]]
    assert (asked[0][0], asked[-1][1]) == (0, 300)


def test_twelve_megapixels_take_well_under_a_second() -> None:
    pixels = source("gradient", 0, 4000, 3000)
    started = time.process_time()
    resize(pixels, 224, 224)
    assert time.process_time() - started < 1.0  # 0.14 to 0.25 measured


@pytest.mark.parametrize(
    ("size", "side", "right"),
    [
        ((4000, 3000), 224, (224, 168)),
        ((3000, 4000), 224, (168, 224)),
        ((1, 20_000), 224, (1, 224)),
        ((1, 1), 224, (224, 224)),
        ((3, 2), 5, (5, 3)),
        ((4, 3), 2, (2, 2)),  # 1.5 rounds up
    ],
)
def test_fit_size(size: tuple[int, int], side: int, right: tuple[int, int]) -> None:
    assert fit_size(*size, side) == right


def test_a_square_holds_the_whole_picture_on_grey() -> None:
    pixels = source("noise", 5, 40, 20)
    made = square(pixels, 10)
    assert made.shape == (10, 10, 3)
    assert (made[:2] == 127).all()
    assert (made[7:] == 127).all()
    assert np.array_equal(made[2:7], resize(pixels, 10, 5))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_other_pixels_are_refused(pixels: Pixels) -> None:
    with pytest.raises(ContractError, match=r"expected uint8 \[H, W, 3\]"):
        resize(pixels, 2, 2)


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, -1), (70_000, 4)])
def test_other_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(ContractError, match="expected sides of 1 to 65535"):
        resize(source("noise", 1, 4, 4), width, height)
    with pytest.raises(ContractError, match="expected 1 to 65535"):
        square(source("noise", 1, 4, 4), min(width, height) if min(width, height) < 1 else width)


def test_another_filter_is_refused() -> None:
    with pytest.raises(ContractError, match="expected one of bicubic, bilinear, got 'lanczos'"):
        resize(source("noise", 1, 4, 4), 2, 2, "lanczos")
