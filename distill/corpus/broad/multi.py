"""Questions that need two turns: somebody told by one fact and asked for another, or two things asked at once."""

from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random

from distill.corpus.attributes import bare_date
from distill.corpus.broad.people import Person
from distill.corpus.broad.told import Known, Told
from distill.corpus.broad.wording import clause, fill

Join = tuple[Callable[[Random, str], str], tuple[str, ...], tuple[str, ...]]
"""How it is worded for an asker, its answers, its turns."""
_ANYBODY = ("the person", "the one")
_QUESTION_WORDS = ("Where ", "What ", "What's ", "Which ", "Who ", "How ")


def joins(random: Random, told: Told) -> Iterator[Join]:
    """All that can be asked of two facts, or of a fact and an event, of one person."""
    for person in told.cast.others:
        facts = [known for (who, _), known in told.known.items() if who == person]
        for one in facts:
            tells = None if one.is_changed else clause(one.kind.fact_of, one.values[-1][0])
            if tells is None or not told.is_alone(one):
                continue
            for two in facts:
                plain = [wording for wording in two.kind.ask_of if "{s}'" not in wording]
                if two is not one and plain:
                    turns = (one.values[-1][1], *(turn for _, turn in two.values))
                    yield _told_by(person, tells, plain), (two.values[-1][0],), _in_order(turns)
            for dated in told.dated:
                plain = [wording for wording in dated.event.ask_of if "{s}'" not in wording]
                if dated.person == person and plain and not dated.off:
                    turns = (one.values[-1][1], dated.turn)
                    yield _told_by(person, tells, plain, dated.value), (bare_date(dated.on),), _in_order(turns)
    for person in told.cast.people:
        same = [known for (who, _), known in told.known.items() if who == person and not known.is_changed]
        for one, two in random.sample(list(combinations(same, 2)), min(1, len(same) // 2)):
            if one.values[0][1] != two.values[0][1] and (words := _two_at_once(person, one, two)):
                values = (one.values[0][0], two.values[0][0])
                answers = (" and ".join(values), ", ".join(values))
                yield words, answers, _in_order((one.values[0][1], two.values[0][1]))


def _told_by(person: Person, tells: str, wordings: list[str], value: str = "") -> Callable[[Random, str], str]:
    def word(random: Random, asker: str) -> str:
        if person.only:  # the relation alone would say who it is
            return fill(random.choice(wordings), s=f"{random.choice(_ANYBODY)} {tells}", x=value)
        whose = random.choice(("my", "the")) if asker == person.owner else f"{person.owner}'s"
        return fill(random.choice(wordings), s=f"{whose} {person.relation} {tells}", x=value)

    return word


def _two_at_once(person: Person, one: Known, two: Known) -> Callable[[Random, str], str] | None:
    own = not person.owner
    rows = [
        [text for text in (k.kind.ask if own else k.kind.ask_of) if text.startswith(_QUESTION_WORDS) and _is_one(text)]
        for k in (one, two)
    ]
    others = [[t for t in k.kind.ask_of if t.startswith(_QUESTION_WORDS) and _is_one(t)] for k in (one, two)]
    if not all(rows) or not all(others):
        return None

    def word(random: Random, asker: str) -> str:
        mine = person.name == asker and own
        first, second = (random.choice(row) for row in (rows if mine else others))
        named = person.asked(random, asker)
        text = f"{first.rstrip('?')}, and {second[0].lower()}{second[1:]}"
        return text if mine else fill(text, s=named)

    return word


def _is_one(text: str) -> bool:
    return text.endswith("?") and "," not in text and text.count("?") == 1 and "." not in text


def _in_order(turns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(turns), key=int))
