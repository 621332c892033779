"""Drawn things that nobody has a name for: a shape of one colour with a small part of another."""

import math
from random import Random

from PIL import Image, ImageDraw

from distill.corpus.scenes.colours import Shade

_TRIM = (70, 70, 74)


def made_up(seed: int, body: Shade, small: Shade) -> Image.Image:
    """RGBA; the part stands at the body's edge or within it, over or behind it, with some grey."""
    random = Random(seed)
    board = Image.new("RGBA", (400, 400))
    pen = ImageDraw.Draw(board)
    wide, high = random.randint(80, 170), random.randint(80, 170)
    angle = random.uniform(0, 2 * math.pi)
    reach = random.choice((0.0, 0.5, 0.95, 1.05))
    at = 200 + reach * wide * math.cos(angle), 200 + reach * high * math.sin(angle)
    part = random.uniform(0.2, 0.42) * min(wide, high)
    shapes = [((200.0, 200.0), wide, high, body), (at, part * random.uniform(0.7, 2.0), part, small)]
    if random.random() < 0.3 and reach > 0.9:
        shapes.reverse()
    for centre, width, height, colour in shapes:
        _shape(random, pen, centre, (width, height), colour)
        if random.random() < 0.25:
            spot = centre[0] + random.uniform(-90, 90), centre[1] + random.uniform(-90, 90)
            _shape(random, pen, spot, (random.randint(8, 30), random.randint(8, 30)), _TRIM)
    return board.crop(board.getbbox())


def _shape(
    random: Random, pen: ImageDraw.ImageDraw, at: tuple[float, float], size: tuple[float, float], colour: Shade
) -> None:
    wide, high = size
    box = at[0] - wide, at[1] - high, at[0] + wide, at[1] + high
    drawn = random.randrange(4)
    if drawn == 0:
        pen.ellipse(box, fill=colour)
    elif drawn == 1:
        pen.rectangle(box, fill=colour)
    elif drawn == 2:
        pen.ellipse(box, outline=colour, width=max(14, round(0.3 * min(wide, high))))
    else:
        turns = sorted(random.uniform(0, 2 * math.pi) for _ in range(random.randint(3, 6)))
        corners = [(at[0] + wide * math.cos(turn), at[1] + high * math.sin(turn)) for turn in turns]
        pen.polygon(corners, fill=colour)
