"""Drawn things with one small part in a colour of its own (`things.toml`)."""

import tomllib
from importlib.resources import files
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw

from distill.corpus.scenes.colours import Shade
from distill.corpus.scenes.shares import shares

_THINGS: dict[str, dict[str, Any]] = tomllib.loads((files("distill.corpus.scenes") / "things.toml").read_text("utf-8"))[
    "thing"
]
_SHARES = shares(list(_THINGS))
_TRIM = (70, 70, 74)
_FINER = 4  # drawn this much larger and made smaller, for smooth edges


def names(split: str) -> tuple[str, ...]:
    """The things that belong to the split."""
    return _SHARES[split]


def part(thing: str) -> str:
    """The word for the thing's small part."""
    return str(_THINGS[thing]["part"])


def draw(thing: str, side: int, body: Shade, small: Shade) -> Image.Image:
    """The thing as RGBA of `side` x `side` pixels, its small part in the shade `small`."""
    large = side * _FINER
    board = Image.new("RGBA", (large, large))
    pen = ImageDraw.Draw(board)
    shades = {"body": body, "part": small, "trim": _TRIM}
    for colour, shape, *numbers in _THINGS[thing]["shapes"]:
        _stroke(pen, shape, [float(number) for number in numbers], large, shades[colour])
    return board.resize((side, side), Image.Resampling.LANCZOS)


def _stroke(pen: ImageDraw.ImageDraw, shape: str, numbers: list[float], large: int, shade: Shade) -> None:
    if shape == "pieslice":
        box, angles = [large * number for number in numbers[:4]], numbers[4:]
        pen.pieslice(box, angles[0], angles[1], fill=shade)
        return
    at = [large * number for number in numbers]
    if shape == "ring":
        pen.ellipse(at[:4], outline=shade, width=round(at[4]))
    elif shape == "line":
        points = list(zip(at[:-1:2], at[1:-1:2], strict=True))
        for start, end in pairwise(points):
            pen.line([start, end], fill=shade, width=round(at[-1]))
    elif shape == "ellipse":
        pen.ellipse(at, fill=shade)
    elif shape == "rectangle":
        pen.rectangle(at, fill=shade)
    else:
        pen.polygon(at, fill=shade)
