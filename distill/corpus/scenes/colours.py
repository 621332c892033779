"""Colours by their words: everybody answers with the same words, each split has shades of its own."""

from random import Random

from distill.corpus.scenes.shares import draw_of

Shade = tuple[int, int, int]
CENTRES: dict[str, Shade] = {
    "red": (205, 35, 35), "orange": (240, 130, 25), "yellow": (245, 215, 45), "green": (50, 150, 60),
    "blue": (40, 85, 200), "purple": (125, 50, 160), "pink": (245, 140, 185), "brown": (115, 70, 35),
    "black": (22, 22, 24), "white": (246, 246, 244),
}  # fmt: skip
COLOURS = tuple(CENTRES)
_SPREAD = 14


def shade(random: Random, split: str, colour: str) -> Shade:
    """A shade of `colour` that belongs to `split`."""
    centre = CENTRES[colour]

    def near(source: Random) -> Shade:
        red, green, blue = (min(255, max(0, part + source.randint(-_SPREAD, _SPREAD))) for part in centre)
        return red, green, blue

    return draw_of(random, split, near, lambda drawn: "{:02x}{:02x}{:02x}".format(*drawn))
