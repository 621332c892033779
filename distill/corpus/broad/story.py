"""Everyday dialogues: what was planned, told in sessions with small talk between, and the questions about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from distill.corpus.broad.ask import ask
from distill.corpus.broad.events import day_said
from distill.corpus.broad.noise import Noise, random_noise
from distill.corpus.broad.people import ASSISTANT, Person, cast
from distill.corpus.broad.plan import Plan, Statement, plan
from distill.corpus.broad.smalltalk import smalltalk
from distill.corpus.broad.told import Told, spoken
from distill.corpus.broad.wording import capital, is_plain, joined, lowered
from distill.corpus.phrases import random_day
from runtime_py.dialogues import Dialogue, OracleEvent, Session, Turn
from runtime_py.errors import ConfigError

SPLITS = ("train", "validation", "test")
_TWO, _AND, _LEAD, _TAIL = (0.3, 0.6), 0.45, 0.22, 0.2  # _TWO: between two people, with the assistant
_HELLO = (0.6, 0.4)
_FEWEST, _MOST = 24, 36
_ECHO = 0.1
_ECHOES = (
    ("{}, really?", "Oh, {}!", "{}? I'd never have guessed.", "{}, okay."),
    ("{}, noted.", "Okay, {}.", "{}, got it.", "{}. I'll remember that.", "{}, thank you."),
)  # of a friend, of the assistant


def broad_dialogues(split: str, count: int, seed: int) -> Iterator[Dialogue]:
    """`count` dialogues of a split; number i depends on (split, seed, i) alone.

    Training has neither the kinds nor the values of the others. Raises `ConfigError` for another split.
    """
    if split not in SPLITS:
        raise ConfigError(f"unknown split: expected one of {', '.join(SPLITS)}, got {split!r}; correct it")
    return (_dialogue(split, seed, index) for index in range(count))


def _dialogue(split: str, seed: int, index: int) -> Dialogue:
    """The first of the drafts that has the right length."""
    name = f"broad-{split}-{seed}-{index:06d}"
    for draft in range(1000):
        random = Random(f"{name}:{draft}")
        telling = _Telling(plan(random, cast(random, split != "train"), split != "train"), random_noise(random))
        sessions = telling.sessions()
        if _FEWEST <= telling.count <= _MOST:
            questions = ask(random, telling.told, telling.plan, telling.noise)
            return Dialogue(name, tuple(person.name for person in telling.plan.cast.speakers), sessions, questions)
    raise ConfigError(f"{name}: expected dialogues of {_FEWEST} to {_MOST} turns, got none; add kinds")


@dataclass
class _Telling:
    plan: Plan
    noise: Noise
    count: int = 0
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random, self.told = self.plan.random, Told(self.plan.cast)
        self.is_chat = self.plan.cast.speakers[1].name == ASSISTANT

    def sessions(self) -> tuple[Session, ...]:
        """All sessions, days to weeks apart."""
        random, days = self.random, [random_day(self.random)]
        for _ in range(self.plan.sessions - 1):
            days.append(days[-1] + timedelta(days=random.randint(5, 45)))
        sessions = []
        for number, day in enumerate(days):
            clock = f"{random.randint(7, 22):02d}:{random.randrange(0, 60, 5):02d}" if random.random() < 0.6 else None
            sessions.append(Session(day, tuple(self._session(number, days)), clock))
        return tuple(sessions)

    def _session(self, number: int, days: list[date]) -> Iterator[Turn]:
        """Turns in alternation until all is told; each answers the one before it and may begin something."""
        random = self.random
        waiting = {person.name: self._groups(number, person) for person in self.plan.cast.speakers}
        order = [person.name for person in self.plan.cast.speakers]
        if not self.is_chat and random.random() < 0.5:
            order.reverse()
        left = random.choice((0, 0, 1, 1, 1) if self.is_chat else (0, 1, 1, 2, 2))
        answer, place = "", 0
        hello = random.random() < _HELLO[self.is_chat]
        while any(waiting.values()) or left > 0 or answer or (self.is_chat and place % 2):
            speaker = order[place % 2]
            parts, group, answer = ([answer] if answer else []), [], ""
            may_begin = not (self.is_chat and speaker == ASSISTANT)
            if place == 0 and hello:
                line, answer = self._pair("hello")
                parts.append(line)
            elif may_begin and waiting[speaker] and (not left or random.random() < 0.8):
                group = waiting[speaker].pop(0)
            elif may_begin and left > 0 and len(parts) < 2:
                line, answer = self._pair(*(("chat", "chat", "ask") if self.is_chat else ("chat", "friends")))
                parts.append(line)
                left -= 1
            elif not parts:
                parts.append(self._line("filler"))
            self.count += 1
            place += 1
            yield self._turn(speaker, parts, group, number, days)
            if group:
                answer = self._reaction(group)

    def _groups(self, number: int, speaker: Person) -> list[list[Statement]]:
        statements = [s for s in self.plan.statements if s.session == number and s.teller == speaker.name]
        self.random.shuffle(statements)
        groups: list[list[Statement]] = []
        while statements:
            count = 2 if self.random.random() < _TWO[self.is_chat] else 1
            groups.append(statements[:count])
            del statements[:count]
        return groups

    def _turn(self, speaker: str, parts: list[str], group: list[Statement], number: int, days: list[date]) -> Turn:
        random, name = self.random, str(self.count)
        sentences: list[str] = []
        events: list[OracleEvent] = []
        for statement in group:
            on, day = "", ""
            if statement.act == "event" and statement.event is not None:
                after = days[statement.outlives] if statement.outlives >= 0 else None
                phrase = day_said(random, days[number], statement.event.future, after)
                day, on = phrase.spoken, phrase.resolved
            sentences.append(spoken(random, statement, self.told.knows(statement.person), day))
            if (event := self.told.take(statement, name, on)) is not None:
                events.append(event)
        if len(sentences) == 2 and all(map(is_plain, sentences)) and random.random() < _AND:
            sentences = [joined(sentences[0], sentences[1], self.plan.protected)]
        if group and random.random() < _LEAD:
            sentences = self._led(sentences)
        if group and random.random() < _TAIL:
            sentences.append(self._line(*(("tail", "please") if self.is_chat else ("tail",))))
        text = " ".join([*parts, *sentences])
        if speaker != ASSISTANT:
            text = self.noise.apply(random, text, self.plan.protected)
        facts = tuple(f"no longer: {e.old}" if e.event == "DELETE" else e.text for e in events)
        return Turn(name, speaker, text, facts, tuple(events))

    def _led(self, sentences: list[str]) -> list[str]:
        lead = self._line("lead")
        if lead.endswith((".", "?", "!")):
            return [lead, *sentences]
        return [f"{lead} {lowered(sentences[0], self.plan.protected)}", *sentences[1:]]

    def _reaction(self, group: list[Statement]) -> str:
        """Mostly of few words; now and then the value is said again."""
        if len(group) == 1 and group[0].act in ("tell", "change") and self.random.random() < _ECHO:
            return capital(self.random.choice(_ECHOES[self.is_chat]).format(group[0].value))
        return self._line("noted" if self.is_chat else "oh")

    def _line(self, *sections: str) -> str:
        rows = smalltalk()[self.random.choice(sections)]
        for _ in range(20):
            line = self.random.choice(rows)
            if line not in self.said:
                break
        self.said.add(line)
        return line

    def _pair(self, *sections: str) -> tuple[str, str]:
        said, _, answer = self._line(*sections).partition(" | ")
        return said, answer
