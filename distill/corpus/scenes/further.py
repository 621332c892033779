"""More questions about a scene that was planned for one: a training gets more of each picture."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from distill.corpus.scenes import pictograms, things
from distill.corpus.scenes.layouts import REGIONS
from distill.corpus.scenes.scene import Placed, Question
from distill.corpus.scenes.wordings import WORDINGS

_MOST_COUNTED = 9
_Found = tuple[str, dict[str, str], str, str]
_Named = dict[str, list[Placed]]


def further(
    random: Random, size: tuple[int, int], placed: Sequence[Placed], first: Question, most: int
) -> list[Question]:
    """At most `most` questions besides `first` that the scene answers, in any order; none is asked twice."""
    named: _Named = defaultdict(list)
    for thing in placed:
        if thing.holds[0] in pictograms.CATEGORIES:
            named[thing.holds[0]].append(thing)
    found = [*_counts(named), *_regions(named, size), *_parts(placed)]
    asked = [
        Question(kind, random.choice(WORDINGS[kind]).format(**words), answer, reason)
        for kind, words, answer, reason in found
    ]
    fresh = [one for one in asked if (one.kind, one.reason) != (first.kind, first.reason)]
    return random.sample(fresh, min(most, len(fresh)))


def _counts(named: _Named) -> list[_Found]:
    """Of categories whose things are all of one pictogram, as where counting is the question."""
    made = []
    for category, held in named.items():
        if len(held) <= _MOST_COUNTED and len({thing.name for thing in held}) == 1:
            many = pictograms.plural(category)
            seen = f"I count {len(held)} {category if len(held) == 1 else many}."
            made.append(("count", {"many": many}, str(len(held)), seen))
    return made


def _regions(named: _Named, size: tuple[int, int]) -> list[_Found]:
    made = []
    for category, held in named.items():
        x, y = held[0].spot.x / size[0], held[0].spot.y / size[1]
        for region, (left, right, top, bottom) in REGIONS.items():
            if len(held) == 1 and left <= x <= right and top <= y <= bottom:
                stands = "in the middle" if region == "middle" else f"at the {region}"
                made.append(("where", {"name": category}, region, f"The {category} is {stands}."))
    return made


def _parts(placed: Sequence[Placed]) -> list[_Found]:
    drawn = [thing for thing in placed if len(thing.holds) == 2]
    parts = [(f"the {things.part(thing.name)} of the {thing.name}", thing.holds[1]) for thing in drawn]
    return [("colour", {"part": p}, colour, f"{p[0].upper()}{p[1:]} is {colour}.") for p, colour in parts]
