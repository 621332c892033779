"""What the eye is taught on: training scenes in endless variety, with what stands where.

Those of the generator and mixtures of all there is, with things turned, stretched and recoloured, and made-up drawn
things. Only names, shades and layouts of the training split are drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distill.corpus.scenes import Scene, pictograms, things
from distill.corpus.scenes.colours import COLOURS, shade
from distill.corpus.scenes.grounds import ground
from distill.corpus.scenes.kinds import BOARDS, INKS, SIGNS, sign
from distill.corpus.scenes.layouts import WHOLE, spots
from distill.corpus.scenes.scene import SIZES, Placed, Plan, paint_thing
from distill.vision.eye.made_up import made_up
from distill.vision.tower import SIDE
from runtime_py.images import square
from runtime_py.images.square import fit_size

MIRRORED = tuple(category for category in pictograms.CATEGORIES if category != "hand")
"""What is shown mirrored, too: a hand that points left would be another split's that points right."""

_GROUNDS, _LARGEST = 120, 340  # painted once each; a scene gets a piece of one


@dataclass(frozen=True)
class Box:
    """A thing's centre and longer side in parts of the square, its centre in parts of the picture, what it holds."""

    x: float
    y: float
    side: float
    across: float
    down: float
    name: str
    holds: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """`pixels` uint8 `[3, SIDE, SIDE]` and the boxes of what stands there."""

    pixels: NDArray[np.uint8]
    boxes: tuple[Box, ...]


def plain(scene: Scene) -> Seen:
    """A scene as it is painted for a dataset."""
    return _seen(scene.paint(), scene.placed)


def varied(number: int, seed: int) -> Seen:
    """The training scene of this number."""
    random = Random(f"varied:{seed}:{number}")
    plan = Plan(random, "train", random.choice(SIZES))
    _fill(plan, number)
    placed = [_changed(random, thing) for thing in plan.placed]
    picture = _piece(random, plan.size)
    for thing in placed:
        paint_thing(picture, thing)
    return _seen(picture, placed)


def boxes_of(size: tuple[int, int], placed: Sequence[Placed]) -> tuple[Box, ...]:
    """Where things are in the square of a picture of `size`, which need not be painted."""
    width, height = fit_size(*size, SIDE)
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    boxes = []
    for thing in placed:
        across, down = thing.spot.x / size[0], thing.spot.y / size[1]
        x, y = (left + across * width) / SIDE, (top + down * height) / SIDE
        boxes.append(Box(x, y, thing.spot.side / max(size), across, down, thing.name, thing.holds))
    return tuple(boxes)


def _fill(plan: Plan, number: int) -> None:
    """Drawn things, real and made up, a sign as it comes, and pictograms, some of them several times.

    One pictogram takes turns, so that all are shown.
    """
    random = plan.random
    signs, drawn = int(random.random() < 0.5), random.choice((0, 1, 1, 2))
    big = signs + drawn
    most = random.randint(1, 12 - 3 * big)
    named = [_any(random) for _ in range(random.choice((1, 2, most)))]
    named = [_in_turn(number), *(random.choice(named) for _ in range(most - 1))]
    sides = [random.randint(126, 172)] * signs + [random.randint(80, 130) for _ in range(drawn)]
    sides += [random.randint(38, 138 if most + big < 5 else 76) for _ in named]
    placed = spots(random, "train", plan.size, sides, [WHOLE] * len(sides))
    for spot in placed[:signs]:
        word, board, ink = random.choice(SIGNS), *random.sample((random.choice(BOARDS), random.choice(INKS)), 2)
        shades = shade(random, "train", board), shade(random, "train", ink)
        plan.put("sign", partial(sign, word, spot.side, *shades), spot, (word,), 8)
    for spot in placed[signs:big]:
        small, body = random.sample(COLOURS, 2)
        shades = shade(random, "train", body), shade(random, "train", small)
        name = random.choice(things.names("train"))
        draw = partial(things.draw, name, spot.side)
        if random.random() < 0.4:
            name, draw = "made-up", partial(made_up, random.getrandbits(32))
        plan.put(name, partial(draw, *shades), spot, (body, small), 20)
    for (category, name), spot in zip(named, placed[big:], strict=True):
        plan.put(name, partial(pictograms.pictogram, name, category), spot, (category,), 20)


def _in_turn(number: int) -> tuple[str, str]:
    known = [(category, name) for category in pictograms.CATEGORIES for name in pictograms.names("train", category)]
    return known[number % len(known)]


def _any(random: Random) -> tuple[str, str]:
    category = random.choice(tuple(pictograms.CATEGORIES))
    return category, random.choice(pictograms.names("train", category))


def _changed(random: Random, thing: Placed) -> Placed:
    """Another look of the same thing: mirrored, stretched, a pictogram in colours a little off.

    Drawn things and signs keep their shades, for others are other splits'.
    """
    mirror, stretch = (
        random.random() < 0.5 and (thing.holds[0] in MIRRORED or len(thing.holds) == 2),
        random.uniform(0.85, 1.18),
    )
    hue = random.randint(-12, 12) if random.random() < 0.4 else 0
    is_sign, is_drawn = thing.name == "sign", len(thing.holds) == 2

    def draw() -> Image.Image:
        drawn = thing.draw()
        if is_sign:
            return drawn
        if mirror:
            drawn = drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        drawn = drawn.resize((max(1, round(drawn.width * stretch)), drawn.height))
        return _recoloured(drawn, hue) if hue and not is_drawn else drawn

    return replace(thing, draw=draw)


def _recoloured(drawn: Image.Image, hue: int) -> Image.Image:
    turned, strong, light = drawn.convert("RGB").convert("HSV").split()
    turned = turned.point([(value + hue) % 256 for value in range(256)])
    made = Image.merge("HSV", (turned, strong, light)).convert("RGB")
    made.putalpha(drawn.getchannel("A"))
    return made


@cache
def _ground(number: int) -> Image.Image:
    return ground(Random(f"training ground:{number}"), (_LARGEST, _LARGEST))


def _piece(random: Random, size: tuple[int, int]) -> Image.Image:
    whole = _ground(random.randrange(_GROUNDS))
    left, top = random.randint(0, _LARGEST - size[0]), random.randint(0, _LARGEST - size[1])
    piece = whole.crop((left, top, left + size[0], top + size[1]))
    return piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else piece


def _seen(picture: Image.Image, placed: Sequence[Placed]) -> Seen:
    pixels = square(np.asarray(picture), SIDE)
    return Seen(np.ascontiguousarray(pixels.transpose(2, 0, 1)), boxes_of(picture.size, placed))
