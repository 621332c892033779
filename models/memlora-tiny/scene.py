"""Random words, people, facts and small documents of one split: what the skills are made of."""

import json
from dataclasses import dataclass
from random import Random

from distill.corpus.attributes import Attribute, Fact, attributes, choose, fill, random_values
from distill.corpus.phrases import month_of, on_day, random_day, week_of
from distill.corpus.speech import state
from distill.corpus.words import CLOSED, REAL, made_up_word, person_name, real_words

Turns = list[tuple[str, str]]


@dataclass(frozen=True)
class Scene:
    """A source of random words, people and facts of one split."""

    random: Random
    split: str = "train"

    def name(self) -> str:
        return person_name(self.random, self.split)

    def names(self, count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            name = self.name()
            if name not in found:
                found.append(name)
        return found

    def word(self) -> str:
        return made_up_word(self.random, self.split)

    def attribute(self) -> Attribute:
        return self.random.choice(list(attributes().values()))

    def when(self) -> str:
        """A resolved date phrase: a day, a week, a month or a year."""
        day, roll = random_day(self.random), self.random.random()
        if roll < 0.66:
            return on_day(day) if roll < 0.5 else week_of(day)
        return month_of(day) if roll < 0.84 else f"in {day.year}"

    def fact(self, person: str | None = None, attribute: Attribute | None = None, lost: float = 0.0) -> Fact:
        attribute = attribute or self.attribute()
        values = random_values(self.random, attribute, self.split, self.when() if attribute.time else "")
        gone = bool(attribute.lost) and self.random.random() < lost
        return Fact(attribute, person or self.name(), values, gone)

    def say(self, fact: Fact) -> str:
        return state(self.random, fact, self.split, changed=self.random.random() < 0.3)

    def ask(self, fact: Fact) -> str:
        return fill(choose(self.random, fact.attribute.ask, self.split), fact.person, fact.values)

    def item(self) -> str:
        roll = self.random.random()
        if roll < 0.35:
            return self.word()
        if roll < 0.55:
            return self.word().capitalize()
        if roll < 0.7:
            kind = self.random.choice([*REAL, *CLOSED])
            real = real_words(kind, self.split) if kind in REAL else CLOSED[kind]
            return self.random.choice(real or CLOSED["pet"])
        if roll < 0.8:
            return str(self.random.randint(0, 2030))
        if roll < 0.9:
            return f"{self.name()} {self.word().capitalize()}"
        return f"{self.word()} {self.word()}"

    def lines(self, count: int, facts: float = 0.5) -> list[str]:
        people = [self.name() for _ in range(self.random.randint(1, 3))]
        return [
            self.fact(self.random.choice(people), lost=0.2).text
            if self.random.random() < facts
            else " ".join(self.item() for _ in range(self.random.randint(1, 5)))
            for _ in range(count)
        ]

    def crowd(self, low: int, high: int) -> list[Fact]:
        """Facts of distinct keys about two or three people, many of them on one attribute."""
        random, people = self.random, self.names(self.random.choice([2, 2, 3]))
        found: dict[tuple[str, ...], Fact] = {}
        last: Fact | None = None
        for _ in range(random.randint(low, high)):
            attribute, person = self.attribute(), random.choice(people)
            if last is not None and random.random() < 0.4:
                attribute = last.attribute
                others = [name for name in people if name != last.person]
                person = random.choice(others) if random.random() < 0.7 else last.person
            last = self.fact(person, attribute)
            found.setdefault(last.key, last)
        facts = list(found.values())
        random.shuffle(facts)
        return facts


def speaker_facts(scene: Scene, name: str, count: int) -> list[Fact]:
    """Facts a speaker states about herself or about a relative."""
    chosen = [scene.attribute() for _ in range(count)]
    return [scene.fact(scene.name() if attribute.about == "kin" else name, attribute, lost=0.2) for attribute in chosen]


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def numbered(lines: list[str]) -> str:
    return "\n".join(f"{index}: {line}" for index, line in enumerate(lines))


def with_document(document: str, turns: Turns) -> Turns:
    """The document goes in front of the first question only."""
    return [
        (f"{document}\n{question}" if index == 0 else question, answer)
        for index, (question, answer) in enumerate(turns)
    ]
