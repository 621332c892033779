"""The people of a dialogue: its speakers and those they tell of, and how each is called by whom."""

from dataclasses import dataclass
from random import Random

from distill.corpus.broad.values import draw

USER, ASSISTANT = "Me", "Assistant"
_SEVERAL = ("sister", "brother", "friend", "neighbour", "cousin", "colleague", "daughter", "son")
_SINGLE = (
    "mum", "dad", "boss", "partner", "landlord", "flatmate", "aunt", "uncle", "grandmother", "mother-in-law", "niece",
    "nephew", "best friend", "running partner", "godmother", "ex",
)  # fmt: skip
_WOMEN = ("sister", "daughter", "mum", "aunt", "grandmother", "mother-in-law", "niece", "godmother")
_MEN = ("brother", "son", "dad", "uncle", "nephew")
_UNNAMED = ("mum", "dad", "grandmother", "mother-in-law")
_SAID_BY_RELATION = {
    "boss_name": ("boss",), "colleague_name": ("colleague",), "partner_name": ("partner", "ex"),
    "best_friend_name": ("best friend",), "neighbour_name": ("neighbour",), "landlord_name": ("landlord",),
    "child_name": ("daughter", "son"), "mother_job": ("mum",), "school_of_child": ("daughter", "son"),
}  # fmt: skip
_WITH_ASSISTANT = 0.66
_AGES = ("older", "younger")


@dataclass(frozen=True)
class Person:
    """A speaker (`owner` empty), or somebody whom the speaker `owner` knows as `relation`; `age` tells two apart.

    `only`: the owner has nobody else of that relation, so that it alone says who is meant.
    """

    name: str
    owner: str = ""
    relation: str = ""
    age: str = ""
    only: bool = True

    @property
    def subject(self) -> str:
        """As facts call the person: `the user`, `Nina`, `the user's sister Ana`."""
        if not self.owner:
            return "the user" if self.name == USER else self.name
        return f"{'the user' if self.owner == USER else self.owner}'s {self._called}"

    @property
    def _called(self) -> str:
        return " ".join(part for part in (self.age, self.relation, self.name) if part)

    def said(self, random: Random, known: bool) -> str:
        """By the owner: `my sister Ana`, or shorter once the other side knows the person."""
        return f"my {self._called}" if not known or random.random() < 0.4 else self.short(random)

    def short(self, random: Random) -> str:
        """By the owner to one who knows the person: `Ana`, or `my sister` where there is one alone."""
        if not self.name or (self.only and random.random() < 0.3):
            return f"my {f'{self.age} ' if self.age else ''}{self.relation}"
        return self.name

    def asked(self, random: Random, asker: str) -> str:
        """In a question of the owner (`my sister Ana`) or of nobody in particular (`Felix's sister Ana`)."""
        if not self.owner:
            return self.name
        whose = "my" if asker == self.owner else f"{self.owner}'s"
        if not self.name or (self.only and random.random() < 0.35):
            return f"{whose} {f'{self.age} ' if self.age else ''}{self.relation}"
        return self.name if random.random() < 0.4 else f"{whose} {self._called}"


@dataclass(frozen=True)
class Cast:
    """`speakers`: the memory's user first. `others`: whom they tell of; `pairs`: two of one relation."""

    speakers: tuple[Person, Person]
    others: tuple[Person, ...]
    pairs: tuple[tuple[Person, Person], ...]

    @property
    def tellers(self) -> tuple[Person, ...]:
        """The speakers who tell of themselves."""
        return tuple(person for person in self.speakers if person.name != ASSISTANT)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody whom facts may be of."""
        return (*self.tellers, *self.others)

    def clash(self, person: Person, kind: str) -> bool:
        """Whether one of the cast is already what such a fact would tell: who is the boss of one with `my boss Ana`."""
        return any(p.owner == person.name and p.relation in _SAID_BY_RELATION.get(kind, ()) for p in self.others)


def cast(random: Random, held_out: bool) -> Cast:
    """A user with the assistant, or two named people, and two to four others; mostly two of one relation."""
    names = _Names(random, held_out)
    if random.random() < _WITH_ASSISTANT:
        speakers = (Person(USER), Person(ASSISTANT))
    else:
        speakers = (Person(names.of("")), Person(names.of("")))
    owners = [speakers[0].name] * 3 + [speakers[1].name] * (speakers[1].name != ASSISTANT)
    count = random.randint(2, 4)
    pairs: list[tuple[Person, Person]] = []
    others: list[Person] = []
    if random.random() < 0.85:
        pairs.append(_pair(random, random.choice(owners), names))
        others += pairs[0]
    relations = [relation for relation in _SINGLE + _SEVERAL if relation not in {p.relation for p in others}]
    for relation in random.sample(relations, max(0, count - len(others))):
        unnamed = random.random() < (0.85 if relation in _UNNAMED else 0.35)
        others.append(Person("" if unnamed else names.of(relation), random.choice(owners), relation))
    return Cast(speakers, tuple(others), tuple(pairs))


def _pair(random: Random, owner: str, names: "_Names") -> tuple[Person, Person]:
    relation = random.choice(_SEVERAL)
    if relation in ("sister", "brother", "daughter", "son") and random.random() < 0.25:
        older, younger = (Person("", owner, relation, age, only=True) for age in _AGES)
        return older, younger
    one, two = (Person(names.of(relation), owner, relation, only=False) for _ in range(2))
    return one, two


class _Names:
    """First names, none twice."""

    def __init__(self, random: Random, held_out: bool) -> None:
        self._random, self._held_out, self._used = random, held_out, {"User"}

    def of(self, relation: str) -> str:
        """A name that fits the relation."""
        provider = "female_name" if relation in _WOMEN else "male_name" if relation in _MEN else "first_name"
        while (name := draw(self._random, provider, self._held_out)) in self._used:
            continue
        self._used.add(name)
        return name
