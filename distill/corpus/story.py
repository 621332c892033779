"""The oracle's world of one dialogue: what holds, who said it when, and what a new statement does to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from distill.corpus.attributes import Attribute, Fact, attributes, random_values
from distill.corpus.phrases import Phrase, month_of, on_day, random_phrase, weekend_of
from distill.corpus.words import person_name
from runtime_py.dialogues import OracleEvent

_NUMBERS = ("one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Memory:
    """A fact that holds, the day of its newest statement and that statement's turn."""

    fact: Fact
    day: date
    turn: str


@dataclass
class Story:
    """Memories by key, oldest first; facts that were taken back; the names of each speaker's relatives."""

    random: Random
    split: str
    speakers: tuple[str, str]
    memories: dict[tuple[str, ...], Memory] = field(default_factory=dict)
    ended: list[Memory] = field(default_factory=list)

    def apply(self, fact: Fact, day: date, turn: str) -> OracleEvent:
        """Takes a statement in and says what it did: at most one memory a key."""
        old = self.memories.get(fact.key)
        if fact.lost:
            if old is None:
                raise ValueError(f"nothing to take back: {fact.text}")
            self.ended.append(replace(self.memories.pop(fact.key), turn=turn))
            return OracleEvent("DELETE", old.fact.text, old.fact.text)
        if old is not None and old.fact.text == fact.text:
            return OracleEvent("NONE", fact.text, fact.text)
        self.memories[fact.key] = Memory(fact, day, turn)
        return OracleEvent("ADD", fact.text) if old is None else OracleEvent("UPDATE", fact.text, old.fact.text)

    def about(self, speaker: str) -> list[Memory]:
        """What holds of a speaker and of that speaker's relatives."""
        return [
            m for m in self.memories.values() if m.fact.person == speaker or m.fact.person in self._relatives(speaker)
        ]

    def relatives(self, speaker: str) -> Iterator[Memory]:
        """The memories that name a relative of the speaker."""
        return (m for m in self.memories.values() if m.fact.attribute.name == "kin" and m.fact.person == speaker)

    def _relatives(self, speaker: str) -> set[str]:
        return {memory.fact.values["a"] for memory in self.relatives(speaker)}


@dataclass(frozen=True)
class Statement:
    """A fact to be said; `spoken` is its date phrase as said in the session, `changed` asks for a wording of change."""

    fact: Fact
    changed: bool = False
    spoken: str | None = None


def new_statement(story: Story, speaker: str, today: date) -> Statement:
    """Something not said before, about the speaker or a relative already named; second values and kin are favoured."""
    random, split = story.random, story.split
    listed = [m.fact.attribute for m in story.about(speaker) if m.fact.attribute.ask_all]
    related = [attribute for attribute in attributes().values() if attribute.about == "kin"]
    for _ in range(50):
        attribute, roll = random.choice(list(attributes().values())), random.random()
        if roll < 0.25 and listed:
            attribute = random.choice(listed)
        elif roll < 0.37:
            attribute = random.choice(related)
        person, phrase = speaker, _phrase(random, attribute, today)
        values = random_values(random, attribute, split, phrase.resolved)
        if attribute.about == "kin":
            relatives = list(story.relatives(speaker))
            if not relatives:
                continue
            relative = random.choice(relatives)
            person, values = relative.fact.values["a"], {**values, "b": relative.fact.values["b"]}
        elif attribute.name == "kin" and values["a"] in _all_names(story):
            continue
        fact = Fact(attribute, person, values)
        if fact.key not in story.memories:
            changed = bool(attribute.change) and not attribute.time and random.random() < 0.3
            return Statement(fact, changed, phrase.spoken if attribute.time else None)
    raise ValueError("no new statement found")


def changed_statement(story: Story, speaker: str, today: date) -> Statement | None:
    """Another value, or another date, for something that holds; None if nothing can change."""
    random = story.random
    changeable = [
        m.fact
        for m in story.about(speaker)
        if m.fact.attribute.change and (not m.fact.attribute.key or m.fact.attribute.time)
    ]
    if not changeable:
        return None
    old = random.choice(changeable)
    phrase = _phrase(random, old.attribute, today)
    fresh = random_values(random, old.attribute, story.split, phrase.resolved)
    kept = {slot: old.values[slot] for slot in (*old.attribute.key, *(["b"] if old.attribute.about == "kin" else []))}
    fact = replace(old, values={**fresh, **kept})
    if fact.text == old.text:
        return None
    changed = bool(old.attribute.time) or random.random() < 0.7
    return Statement(fact, changed, phrase.spoken if old.attribute.time else None)


def ended_statement(story: Story, speaker: str) -> Statement | None:
    """Something that holds is taken back; None if nothing can be."""
    endable = [m.fact for m in story.about(speaker) if m.fact.attribute.lost]
    return Statement(replace(story.random.choice(endable), lost=True)) if endable else None


def repeated_statement(story: Story, speaker: str) -> Statement | None:
    """Something that holds is said again; None if nothing holds."""
    known = [m.fact for m in story.about(speaker)]
    if not known:
        return None
    fact = story.random.choice(known)
    return Statement(fact, spoken=fact.values.get("t"))


def _all_names(story: Story) -> set[str]:
    """Speakers and relatives: a name belongs to one of them."""
    return {*story.speakers, *(m.fact.values["a"] for m in story.memories.values() if m.fact.attribute.name == "kin")}


def _phrase(random: Random, attribute: Attribute, today: date) -> Phrase:
    """A date phrase for the attribute, as spoken today; empty for an attribute without a date."""
    if not attribute.time:
        return Phrase("", "")
    if random.random() < 0.8:
        return random_phrase(random, attribute.time, today)
    sign, number = (-1 if attribute.time == "past" else 1), random.randint(1, 6)
    count = str(number) if random.random() < 0.5 else _NUMBERS[number - 1]
    unit = random.choice(["week", "month", "year", "weekend"])
    if unit == "weekend":
        return Phrase("last weekend" if sign < 0 else "next weekend", weekend_of(today, sign))
    span = f"{count} {unit}" if number == 1 else f"{count} {unit}s"
    resolved = {
        "week": on_day(date.fromordinal(today.toordinal() + 7 * number * sign)),
        "month": month_of(today, number * sign),
        "year": f"in {today.year + number * sign}",
    }[unit]
    return Phrase(f"{span} ago" if sign < 0 else f"in {span}", resolved)


def two_people(random: Random, split: str) -> tuple[str, str]:
    """Two speakers of different names."""
    one = two = person_name(random, split)
    while two == one:
        two = person_name(random, split)
    return one, two
