"""The plan of a dialogue: what will be told by whom in which session, before it is put into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from distill.corpus.broad.events import Event, all_events
from distill.corpus.broad.kinds import Kind, kinds_of
from distill.corpus.broad.people import Cast, Person
from distill.corpus.broad.values import draw

_KINDS = (7, 9)
_FACTS = (9, 12)
_CANCELLED = 0.62


@dataclass(frozen=True)
class Statement:
    """What a speaker tells in a session.

    `act`: tell, change, repeat, deny or wish for a `kind`; event or cancel for an `event`, whose {x} is `value`. `old`
    is the value before a change. `outlives`: the event must lie behind that session.
    """

    act: str
    person: Person
    session: int
    value: str
    kind: Kind | None = None
    event: Event | None = None
    old: str = ""
    outlives: int = -1

    @property
    def teller(self) -> str:
        """The name of the speaker who says it."""
        return self.person.owner or self.person.name


@dataclass
class Plan:
    """Statements in order of sessions, and `values`: all that were drawn, none twice."""

    random: Random
    cast: Cast
    held_out: bool
    sessions: int
    statements: list[Statement]
    values: set[str]

    @property
    def protected(self) -> set[str]:
        """What noise leaves as it is: values and names."""
        drawn = {text for s in self.statements for text in (s.value, s.old)}
        return {*drawn, *(person.name for person in self.cast.others), *(p.name for p in self.cast.speakers)}

    def value(self, kind: Kind | None, provider: str = "") -> str:
        """A value of a kind or provider that the dialogue has not had, where there is one."""
        for _ in range(40):
            value = kind.draw(self.random, self.held_out) if kind else draw(self.random, provider, self.held_out)
            if value.casefold() not in self.values:
                break
        self.values.add(value.casefold())
        return value


def plan(random: Random, cast: Cast, held_out: bool) -> Plan:
    """Nine to twelve facts of several people, three or four changes and as many events, and what is no fact."""
    made = Plan(random, cast, held_out, random.choice((2, 3, 3, 4)), [], {p.name.casefold() for p in cast.people})
    kinds = random.sample(kinds_of(held_out), min(random.randint(*_KINDS), len(kinds_of(held_out))))
    told = _facts(made, kinds)
    _changes(made, told)
    _events(made)
    own = [s for s in told if not s.person.owner]
    for act in ("deny", "wish"):
        kind = random.choice(own).kind if own and random.random() < 0.45 else random.choice(kinds_of(held_out))
        person = random.choice(made.cast.tellers)
        made.statements.append(Statement(act, person, random.randrange(made.sessions), made.value(kind), kind))
    changed = {(s.person, s.kind) for s in made.statements if s.act == "change"}
    if again := [s for s in told if (s.person, s.kind) not in changed and s.session < made.sessions - 1]:
        old = random.choice(again)
        later = random.randrange(old.session + 1, made.sessions)
        made.statements.append(Statement("repeat", old.person, later, old.value, old.kind))
    return made


def _facts(made: Plan, kinds: Sequence[Kind]) -> list[Statement]:
    random, wanted = made.random, made.random.randint(*_FACTS)
    pairs: list[tuple[Person, Kind]] = []
    for one, two in made.cast.pairs:
        shared = random.choice(kinds)
        pairs += [(one, shared), (two, shared)]
        pairs += [(person, random.choice(kinds)) for person in (one, two)]
    teller, *second = made.cast.tellers
    pairs += [(teller, kind) for kind in random.sample(kinds, min(4, len(kinds)))]
    pairs += [(person, kind) for person in second for kind in random.sample(kinds, min(3, len(kinds)))]
    for _ in range(40):
        pairs.append((random.choice((*made.cast.others, *made.cast.people)), random.choice(kinds)))
    unique = [pair for pair in dict.fromkeys(pairs) if not made.cast.clash(pair[0], pair[1].name)][:wanted]
    random.shuffle(unique)
    weights = [3 if session < made.sessions - 1 else 1 for session in range(made.sessions)]
    for person, kind in unique:
        session = random.choices(range(made.sessions), weights)[0]
        made.statements.append(Statement("tell", person, session, made.value(kind), kind))
    return made.statements[:]


def _changes(made: Plan, told: Sequence[Statement]) -> None:
    random = made.random
    able = [s for s in told if s.kind and not s.kind.once and s.session < made.sessions - 1]
    for old in random.sample(able, min(random.randint(3, 4), len(able), len(told) // 3)):
        later = random.randrange(old.session + 1, made.sessions)
        value = made.value(old.kind)
        made.statements.append(Statement("change", old.person, later, value, old.kind, old=old.value))


def _events(made: Plan) -> None:
    random = made.random
    cancelled = random.random() < _CANCELLED
    chosen = random.sample(list(all_events().values()), random.randint(3, 4))
    plans = [event for event in all_events().values() if event.future and event not in chosen]
    for event in [*chosen, *([random.choice(plans)] if cancelled else [])]:
        person = random.choice((*made.cast.tellers, *made.cast.tellers, *made.cast.others))
        value = made.value(None, event.with_value) if event.with_value else ""
        off = cancelled and event not in chosen
        session = random.randrange(made.sessions - 1) if off else random.randrange(made.sessions)
        later = random.randrange(session + 1, made.sessions) if off else -1
        made.statements.append(Statement("event", person, session, value, event=event, outlives=later))
        if off:
            made.statements.append(Statement("cancel", person, later, value, event=event))
