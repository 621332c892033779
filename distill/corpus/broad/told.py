"""What has been told so far, and by which turns: the oracle of a dialogue while it is spoken."""

from dataclasses import dataclass, field
from random import Random

from distill.corpus.broad.events import Event
from distill.corpus.broad.kinds import Kind
from distill.corpus.broad.people import Cast, Person
from distill.corpus.broad.plan import Statement
from distill.corpus.broad.wording import fill, of_user
from runtime_py.dialogues import OracleEvent


@dataclass
class Known:
    """The values of a kind that a person has had, oldest first, each with its turn."""

    person: Person
    kind: Kind
    values: list[tuple[str, str]]

    @property
    def is_changed(self) -> bool:
        """Whether an older value was replaced."""
        return len(self.values) > 1


@dataclass
class Dated:
    """An event with its absolute day (`on 19 May 2023`), its turn, and the turn that called it off."""

    person: Person
    event: Event
    value: str
    on: str
    turn: str
    off: str = ""


@dataclass
class Told:
    """All that was told; `tempting`: kinds of which a person only denied or wished something."""

    cast: Cast
    known: dict[tuple[Person, str], Known] = field(default_factory=dict)
    dated: list[Dated] = field(default_factory=list)
    tempting: list[tuple[Person, Kind]] = field(default_factory=list)

    def knows(self, person: Person) -> bool:
        """Whether the person was spoken of."""
        return any(who == person for who, _ in self.known) or any(d.person == person for d in self.dated)

    def is_alone(self, known: Known) -> bool:
        """Whether nobody else has had that value of the kind, so that it tells who is meant."""
        value = known.values[-1][0]
        others = (k for k in self.known.values() if k.kind == known.kind and k.person != known.person)
        return not any(value == v for other in others for v, _ in other.values)

    def take(self, statement: Statement, turn: str, on: str = "") -> OracleEvent | None:
        """Takes a statement in and says what it did; None for what is no fact."""
        person, kind, event = statement.person, statement.kind, statement.event
        if event is not None:
            return self._take_event(statement, event, turn, on)
        assert kind is not None
        if statement.act in ("deny", "wish"):
            self.tempting.append((person, kind))
            return None
        fact = fact_text(kind, person, statement.value)
        if statement.act == "change":
            old = self.known[person, kind.name]
            before = fact_text(kind, person, old.values[-1][0])
            old.values.append((statement.value, turn))
            return OracleEvent("UPDATE", fact, before)
        if statement.act == "repeat":
            return OracleEvent("NONE", fact, fact)
        self.known[person, kind.name] = Known(person, kind, [(statement.value, turn)])
        return OracleEvent("ADD", fact)

    def _take_event(self, statement: Statement, event: Event, turn: str, on: str) -> OracleEvent:
        if statement.act == "event":
            dated = Dated(statement.person, event, statement.value, on, turn)
            self.dated.append(dated)
            return OracleEvent("ADD", dated_text(dated))
        dated = next(d for d in self.dated if (d.person, d.event) == (statement.person, event))
        dated.off = turn
        return OracleEvent("DELETE", dated_text(dated), dated_text(dated))


def fact_text(kind: Kind, person: Person, value: str) -> str:
    """The fact in the third person."""
    if person.owner:
        return fill(kind.fact_of, p=person.subject, v=value)
    return of_user(fill(kind.fact, v=value), person.subject)


def dated_text(dated: Dated) -> str:
    """The event in the third person, with its absolute day."""
    event, person = dated.event, dated.person
    if person.owner:
        return fill(event.fact_of, p=person.subject, x=dated.value, on=dated.on)
    return of_user(fill(event.fact, x=dated.value, on=dated.on), person.subject)


def spoken(random: Random, statement: Statement, known: bool, day: str) -> str:
    """A statement in the teller's words; `day` as spoken of, for an event."""
    person, own = statement.person, not statement.person.owner
    slots = {"v": statement.value, "x": statement.value, "t": day}
    if not own:
        slots |= {"p": person.said(random, known), "s": person.short(random)}
    if statement.event is not None:
        event = statement.event
        rows = (event.say, event.say_of) if statement.act == "event" else (event.cancel, event.cancel_of)
        return fill(random.choice(rows[not own]), **slots)
    kind = statement.kind
    assert kind is not None
    if statement.act in ("deny", "wish"):
        return fill(random.choice(kind.deny if statement.act == "deny" else kind.wish), w=statement.value)
    if statement.act == "change":
        return fill(random.choice(kind.change if own else kind.change_of), w=statement.old, **slots)
    if own and random.random() < 0.4:
        return fill(random.choice(kind.aside), **slots)
    return fill(random.choice(kind.say if own else kind.say_of), **slots)
