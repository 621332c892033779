"""Multi-session dialogues of the synthetic world, the same for the same split and seed."""

from collections.abc import Iterator
from datetime import date
from random import Random

from distill.corpus.phrases import random_day
from distill.corpus.questions import ask
from distill.corpus.speech import message, state
from distill.corpus.story import (
    Statement,
    Story,
    changed_statement,
    ended_statement,
    new_statement,
    repeated_statement,
    two_people,
)
from distill.corpus.words import SPLITS
from runtime_py.dialogues import Dialogue, Session, Turn
from runtime_py.errors import ConfigError

_FACTS_PER_TURN = {0: 36, 1: 38, 2: 20, 3: 6}
_ACTS = {"new": 46, "change": 22, "end": 14, "repeat": 18}


def generate_dialogues(split: str, count: int, seed: int) -> Iterator[Dialogue]:
    """`count` dialogues of a split; number i depends on (split, seed, i) alone. Raises `ConfigError` for another split.

    `train`, `validation` and `test` share no person, name or open value; `test_templates` has the words of `test` and
    only wordings that no other split uses.
    """
    if split not in SPLITS:
        raise ConfigError(f"unknown split: expected one of {', '.join(SPLITS)}, got {split!r}; correct it")
    return (
        generate_dialogue(split, Random(f"{split}:{seed}:{index}"), f"{split}-{seed}-{index:06d}")
        for index in range(count)
    )


def generate_dialogue(split: str, random: Random, name: str) -> Dialogue:
    """One dialogue of 3 to 5 sessions, 4 to 10 turns each, with up to 12 questions."""
    story = Story(random, split, two_people(random, split))
    day, sessions = random_day(random), []
    for number in range(1, random.randint(3, 5) + 1):
        sessions.append(_session(story, day, number))
        day = date.fromordinal(day.toordinal() + random.randint(1, 90))
    return Dialogue(name, story.speakers, tuple(sessions), ask(story, random.randint(8, 12)))


def _session(story: Story, day: date, number: int) -> Session:
    """Exchanges of two turns, either speaker first; within an exchange no key is touched twice."""
    order = story.speakers if story.random.random() < 0.5 else story.speakers[::-1]
    turns = []
    for exchange in range(story.random.randint(2, 5)):
        touched: set[tuple[str, ...]] = set()
        for place, speaker in enumerate(order):
            turns.append(_turn(story, day, f"s{number}t{2 * exchange + place + 1}", speaker, touched))
    return Session(day, tuple(turns))


def _turn(story: Story, day: date, name: str, speaker: str, touched: set[tuple[str, ...]]) -> Turn:
    sentences, facts, events = [], [], []
    for _ in range(story.random.choices(list(_FACTS_PER_TURN), list(_FACTS_PER_TURN.values()))[0]):
        statement = _statement(story, speaker, day)
        if statement.fact.key in touched:
            continue
        touched.add(statement.fact.key)
        sentences.append(state(story.random, statement.fact, story.split, statement.changed, statement.spoken))
        facts.append(statement.fact.text)
        events.append(story.apply(statement.fact, day, name))
    other = next(person for person in story.speakers if person != speaker)
    text = message(story.random, sentences, other, story.split)
    return Turn(name, speaker, text, tuple(facts), tuple(events))


def _statement(story: Story, speaker: str, day: date) -> Statement:
    found = None
    act = story.random.choices(list(_ACTS), list(_ACTS.values()))[0]
    if act == "change":
        found = changed_statement(story, speaker, day)
    elif act == "end":
        found = ended_statement(story, speaker)
    elif act == "repeat":
        found = repeated_statement(story, speaker)
    return found or new_statement(story, speaker, day)
