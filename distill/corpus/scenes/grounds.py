"""Grounds like those of photographs: light that falls off, uneven surfaces, a horizon, grain."""

from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Tone = tuple[int, int, int]
_PAIRS: tuple[tuple[Tone, Tone], ...] = (
    ((150, 190, 225), (110, 140, 85)),  # sky over grass
    ((175, 205, 230), (205, 190, 150)),  # sky over sand
    ((200, 210, 220), (225, 228, 232)),  # haze over snow
    ((190, 180, 165), (150, 115, 80)),  # wall over wood
    ((165, 170, 165), (120, 120, 118)),  # wall over stone
    ((205, 195, 180), (185, 170, 150)),  # linen
    ((120, 140, 160), (85, 105, 115)),  # dusk over water
    ((215, 205, 195), (170, 150, 140)),  # room
)


def ground(random: Random, size: tuple[int, int]) -> Image.Image:
    """An RGB picture of `size` (width, height)."""
    width, height = size
    source = np.random.default_rng(random.getrandbits(64))
    far, near = random.choice(_PAIRS)
    horizon = random.uniform(0.3, 0.7)
    softness = random.choice((0.01, 0.03, 0.3))
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    share = 1 / (1 + np.exp(np.clip((horizon - down) / softness, -30, 30)))  # [height, 1]
    tones = np.asarray(far, np.float32) * (1 - share[..., None]) + np.asarray(near, np.float32) * share[..., None]
    board = np.broadcast_to(tones, (height, width, 3)).copy()
    for cells, strength in ((3, 16), (9, 10), (40, 7)):
        board += strength * _uneven(source, size, cells)[..., None]
    board += 9 * _uneven(source, size, 4)[..., None] * source.standard_normal(3).astype(np.float32)
    board *= _light(random, size)[..., None]
    picture = Image.fromarray(np.clip(board, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    grain = 2.0 * source.standard_normal((height, width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8))


def _uneven(source: np.random.Generator, size: tuple[int, int], cells: int) -> NDArray[np.float32]:
    """Smooth noise of about unit strength, `cells` bumps wide: `[height, width]`."""
    small = Image.fromarray(source.standard_normal((cells, cells)).astype(np.float32))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32)


def _light(random: Random, size: tuple[int, int]) -> NDArray[np.float32]:
    """A factor for each pixel, brightest around a point: `[height, width]`."""
    x, y, fall = random.random(), random.random(), random.uniform(0.05, 0.3)
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None] - x
    down = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] - y
    return np.asarray(random.uniform(0.95, 1.1) - fall * (across**2 + down**2), np.float32)
