"""The kinds of question, a function each: what it shows, asks and answers.

`turn` counts the scenes of a kind: answers of a closed list take turns, so that none is more frequent. Wordings are
chosen without a look at the answer. Things are asked for by their category, whose word all splits share: no picture of
another split shows what a fox is, but what an animal is.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from PIL import Image, ImageDraw, ImageFont

from distill.corpus.scenes import pictograms, things
from distill.corpus.scenes.colours import COLOURS, Shade, shade
from distill.corpus.scenes.layouts import REGIONS, WHOLE, Spot, spots
from distill.corpus.scenes.scene import Plan, Question
from distill.corpus.scenes.wordings import UNLIKE, WORDINGS

Kind = Callable[[Plan, int], Question]
MOST = 9
SIGNS = (
    "OPEN", "CLOSED", "STOP", "EXIT", "SALE", "FREE", "TAXI", "BUS", "CAFE", "BAKERY", "HOTEL", "BANK", "SCHOOL",
    "PARKING", "DANGER", "PRIVATE", "PUSH", "PULL", "TICKETS", "LIBRARY", "MARKET", "BEACH", "MUSEUM", "POLICE",
)  # fmt: skip
BOARDS, INKS = ("blue", "green", "brown", "black", "red", "purple"), ("white", "yellow")


def count(plan: Plan, turn: int) -> Question:
    """One to nine of a pictogram, up to three others of another category beside them."""
    random, number = plan.random, 1 + turn % MOST
    category, name = _any(random, plan.split)
    other = _any(random, plan.split, pictograms.told_apart(category))
    besides = random.randrange(4)
    side = random.randint(38, 58)
    placed = _spots(plan, [round(side * random.uniform(0.85, 1.15)) for _ in range(number + besides)])
    for place, spot in enumerate(placed):
        _put(plan, (category, name) if place < number else other, spot)
    many = pictograms.plural(category)
    seen = f"I count {number} {category if number == 1 else many}."
    return _asked(plan, "count", str(number), seen, many=many)


def colour(plan: Plan, turn: int) -> Question:
    """A drawn thing whose small part has a colour of its own, up to three pictograms beside it.

    One alone: of two drawn things, which of them is a cup could only be told by who was shown cups.
    """
    random, split = plan.random, plan.split
    small = COLOURS[turn % len(COLOURS)]
    body = random.choice([other for other in COLOURS if other != small])
    thing = random.choice(things.names(split))
    placed = _spots(plan, [random.randint(84, 130), *(random.randint(40, 64) for _ in range(random.randrange(4)))])
    shades = shade(random, split, body), shade(random, split, small)
    plan.put(thing, partial(things.draw, thing, placed[0].side, *shades), placed[0], (body, small))
    for spot in placed[1:]:
        _put(plan, _any(random, split), spot)
    part = f"the {things.part(thing)} of the {thing}"
    return _asked(plan, "colour", small, f"{part[0].upper()}{part[1:]} is {small}.", part=part)


def unusual(plan: Plan, turn: int) -> Question:
    """Three to seven things of one category and one of another, whose category is the answer."""
    random, split = plan.random, plan.split
    categories = tuple(pictograms.CATEGORIES)
    odd = categories[turn % len(categories)]
    usual = random.choice(pictograms.told_apart(odd))
    others = random.randint(3, 7)
    placed = _spots(plan, [random.randint(42, 62) for _ in range(others + 1)])
    for place, spot in enumerate(placed):
        category = usual if place else odd
        _put(plan, (category, random.choice(pictograms.names(split, category))), spot)
    return _asked(plan, "unusual", odd, f"Among the {pictograms.plural(usual)} there is one {odd}.")


def where(plan: Plan, turn: int) -> Question:
    """The only thing of its category in one of five regions, one to three of other categories anywhere."""
    random, region = plan.random, tuple(REGIONS)[turn % len(REGIONS)]
    category, name = _any(random, plan.split)
    others = random.randint(1, 3)
    sides = [random.randint(46, 64) for _ in range(others + 1)]
    placed = _spots(plan, sides, [REGIONS[region], *[WHOLE] * others])
    for place, spot in enumerate(placed):
        other = _any(random, plan.split, pictograms.told_apart(category)) if place else (category, name)
        _put(plan, other, spot)
    stands = "in the middle" if region == "middle" else f"at the {region}"
    return _asked(plan, "where", region, f"The {category} is {stands}.", name=category)


def larger(plan: Plan, turn: int) -> Question:
    """Two pictograms of different categories, one plainly larger in the picture, named first in every other scene."""
    random = plan.random
    large = _any(random, plan.split)
    small = _any(random, plan.split, pictograms.told_apart(large[0]))
    side = random.randint(46, 72)
    placed = _spots(plan, [round(side * random.uniform(UNLIKE, 1.9)), side])
    for each, spot in zip((large, small), placed, strict=True):
        _put(plan, each, spot)
    first, second = (large[0], small[0]) if turn % 2 else (small[0], large[0])
    seen = f"The {large[0]} is larger than the {small[0]}."
    return _asked(plan, "larger", large[0], seen, first=first, second=second)


def text(plan: Plan, turn: int) -> Question:
    """A sign with a word in capitals, one to three pictograms beside it."""
    random, word = plan.random, SIGNS[turn % len(SIGNS)]
    others = random.randint(1, 3)
    placed = _spots(plan, [random.randint(130, 170), *(random.randint(38, 56) for _ in range(others))])
    board, ink = random.sample((random.choice(BOARDS), random.choice(INKS)), 2)
    shades = shade(random, plan.split, board), shade(random, plan.split, ink)
    plan.put("sign", partial(sign, word, placed[0].side, *shades), placed[0], (word,), most_degrees=6)
    for spot in placed[1:]:
        _put(plan, _any(random, plan.split), spot)
    return _asked(plan, "text", word, f"The sign reads {word}.")


KINDS: dict[str, Kind] = {
    "count": count, "colour": colour, "unusual": unusual, "where": where, "larger": larger, "text": text
}  # fmt: skip


def _asked(plan: Plan, kind: str, answer: str, reason: str, **named: str) -> Question:
    return Question(kind, plan.random.choice(WORDINGS[kind]).format(**named), answer, reason)


def _any(random: Random, split: str, categories: Sequence[str] = tuple(pictograms.CATEGORIES)) -> tuple[str, str]:
    category = random.choice(categories)
    return category, random.choice(pictograms.names(split, category))


def _put(plan: Plan, named: tuple[str, str], spot: Spot) -> None:
    category, name = named
    plan.put(name, partial(pictograms.pictogram, name, category), spot, (category,))


def _spots(plan: Plan, sides: Sequence[int], regions: Sequence[tuple[float, float, float, float]] = ()) -> list[Spot]:
    return spots(plan.random, plan.split, plan.size, sides, regions or [WHOLE] * len(sides))


def sign(word: str, side: int, board: Shade, ink: Shade) -> Image.Image:
    """A board with the word on it, `side` pixels wide."""
    font = ImageFont.load_default(64)
    left, top, right, bottom = font.getbbox(word)
    edge = 22
    drawn = Image.new("RGBA", (round(right - left) + 2 * edge, round(bottom - top) + 2 * edge))
    pen = ImageDraw.Draw(drawn)
    pen.rounded_rectangle((0, 0, drawn.width - 1, drawn.height - 1), 14, board, (70, 70, 74), 4)
    pen.text((edge - left, edge - top), word, font=font, fill=ink)
    return drawn.resize((side, max(1, round(drawn.height * side / drawn.width))), Image.Resampling.LANCZOS)
