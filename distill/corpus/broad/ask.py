"""The questions of a dialogue: how many of each kind, who asks, and their numbers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from distill.corpus.attributes import bare_date
from distill.corpus.broad.kinds import Kind, kinds_of
from distill.corpus.broad.multi import joins
from distill.corpus.broad.noise import Noise
from distill.corpus.broad.people import USER, Person
from distill.corpus.broad.plan import Plan
from distill.corpus.broad.told import Dated, Known, Told
from distill.corpus.broad.wording import clause, fill
from distill.corpus.natural_text import UNANSWERABLE
from runtime_py.dialogues import Question

SHARES = {
    "single_hop": 0.4, "multi_hop": 0.12, "temporal": 0.14, "changed": 0.12, "past": 0.07, "retracted": 0.03,
    "unanswerable": 0.12,
}  # fmt: skip
COUNTS = (16, 20)
_FIFTH = 5
_WHICH = 2  # questions for one of two people, a dialogue
_BEFORE = re.compile(r"\b(before|old|used? to|previous|former|earlier)\b")


@dataclass(frozen=True)
class Draft:
    """A question that can be asked: `word` gives its text for an asker."""

    kind: str
    word: Callable[[Random, str], str]
    answer: str
    evidence: tuple[str, ...]
    alternatives: tuple[str, ...] = ()


def ask(random: Random, told: Told, plan: Plan, noise: Noise) -> tuple[Question, ...]:
    """16 to 20 questions in about the shares of their kinds, none twice; in the first person by `Me`.

    Between two named people each fifth is asked by one of them, the others by nobody in particular.
    """
    drafts = list(_drafts(random, told, plan))
    random.shuffle(drafts)
    count = random.randint(*COUNTS)
    chosen, spare = _choose(random, drafts, count)
    random.shuffle(chosen)
    tellers = [person.name for person in told.cast.tellers]
    questions: dict[str, Question] = {}
    for draft in [*chosen, *spare]:
        if len(questions) == count:
            break
        asker = USER if USER in tellers else random.choice(tellers) if len(questions) % _FIFTH == _FIFTH - 1 else ""
        text = noise.apply(random, draft.word(random, asker), plan.protected)
        name = f"q{len(questions) + 1}"
        question = Question(
            name, text, draft.kind, draft.answer, draft.evidence, alternatives=draft.alternatives, asker=asker
        )
        questions.setdefault(text, question)
    return tuple(questions.values())


def _choose(random: Random, drafts: list[Draft], count: int) -> tuple[list[Draft], list[Draft]]:
    """Drafts by their kinds' shares, single ones where a kind lacks some; and more for those that turn out alike."""
    chosen: list[Draft] = []
    for kind, share in SHARES.items():
        if kind != "single_hop":
            wanted = max(1, int(share * count + random.random()))
            chosen += [draft for draft in drafts if draft.kind == kind][:wanted]
    single = [draft for draft in drafts if draft.kind == "single_hop"]
    needed = max(0, count - len(chosen))
    spare = [*single[needed:], *single, *(draft for draft in drafts if draft.kind == "multi_hop")]
    return chosen + single[:needed], spare


def _drafts(random: Random, told: Told, plan: Plan) -> Iterator[Draft]:
    for known in told.known.values():
        yield from _of_known(known)
    which = list(_of_pairs(told))
    yield from random.sample(which, min(_WHICH, len(which)))
    for dated in told.dated:
        yield from _of_dated(random, dated)
    for words, answers, evidence in joins(random, told):
        yield Draft("multi_hop", words, answers[0], evidence, answers[1:])
    yield from _unanswerable(random, told, plan)


def kind_words(
    kind: Kind, person: Person, past: bool = False, only: re.Pattern[str] = re.compile("")
) -> Callable[[Random, str], str]:
    """How the value of a kind, or the one before, is asked for, of the asker or of another; `only` in such wordings."""

    def word(random: Random, asker: str) -> str:
        if person.name == asker and not person.owner:
            return random.choice([text for text in (kind.ask_past if past else kind.ask) if only.search(text)])
        wordings = [text for text in (kind.ask_past_of if past else kind.ask_of) if only.search(text)]
        return fill(random.choice(wordings), s=person.asked(random, asker))

    return word


def _has_before(kind: Kind) -> bool:
    """Whether the kind can be asked for an older value that need not be there."""
    return all(any(map(_BEFORE.search, wordings)) for wordings in (kind.ask_past, kind.ask_past_of))


def _event_words(dated: Dated, person: Person, still: bool = False) -> Callable[[Random, str], str]:
    event = dated.event

    def word(random: Random, asker: str) -> str:
        if person.name == asker and not person.owner:
            return fill(random.choice(event.still if still else event.ask), x=dated.value)
        wordings = event.still_of if still else event.ask_of
        return fill(random.choice(wordings), x=dated.value, s=person.asked(random, asker))

    return word


def _of_known(known: Known) -> Iterator[Draft]:
    turns = tuple(turn for _, turn in known.values)
    newest = known.values[-1][0]
    if not known.is_changed:
        yield Draft("single_hop", kind_words(known.kind, known.person), newest, turns)
        return
    yield Draft("changed", kind_words(known.kind, known.person), newest, turns)
    yield Draft("past", kind_words(known.kind, known.person, past=True), known.values[-2][0], turns)


def _of_pairs(told: Told) -> Iterator[Draft]:
    """Which of two people of a relation it is."""
    for pair in told.cast.pairs:
        both = {person: [k for (who, _), k in told.known.items() if who == person] for person in pair}
        if not all(person.name and both[person] for person in pair):
            continue
        for person in pair:
            for known in both[person]:
                value, turn = known.values[-1]
                tells = clause(known.kind.fact_of, value)
                if tells and not known.is_changed and told.is_alone(known):
                    yield Draft("single_hop", _which(pair, tells), person.name, (turn,))


def _which(pair: tuple[Person, Person], tells: str) -> Callable[[Random, str], str]:
    relation, owner = pair[0].relation, pair[0].owner

    def word(random: Random, asker: str) -> str:
        whose = "my" if asker == owner else f"{owner}'s"
        names = random.sample([person.name for person in pair], 2)
        if random.random() < 0.5 or not tells.startswith("who "):
            return f"Which of {whose} {relation}s is it {tells}, {names[0]} or {names[1]}?"
        return f"Which of {whose} {relation}s {tells.removeprefix('who ')}?"

    return word


def _of_dated(random: Random, dated: Dated) -> Iterator[Draft]:
    if dated.off:
        words = _event_words(dated, dated.person, still=True)
        yield Draft("retracted", words, "no", (dated.turn, dated.off))
        return
    yield Draft("temporal", _event_words(dated, dated.person), bare_date(dated.on), (dated.turn,))
    if dated.event.future and random.random() < 0.3:
        yield Draft("single_hop", _event_words(dated, dated.person, still=True), "yes", (dated.turn,))


def _unanswerable(random: Random, told: Told, plan: Plan) -> Iterator[Draft]:
    """What was never said of that person: of another alone, merely wished or denied, or not at all."""
    asked: set[tuple[Person, str]] = set()
    people = [person for person in told.cast.people if not person.owner or told.knows(person)]
    said = list({known.kind.name: known.kind for known in told.known.values()}.values())
    pairs = [(p, k) for p, k in told.tempting for _ in range(3)]
    pairs += [(random.choice(people), random.choice(said)) for _ in range(6)]
    pairs += [(random.choice(people), random.choice(kinds_of(plan.held_out)))]
    for person, kind in pairs:
        key = (person, kind.name)
        if key not in told.known and key not in asked and not told.cast.clash(person, kind.name):
            asked.add(key)
            yield Draft("unanswerable", kind_words(kind, person), UNANSWERABLE, ())
    same = [known for known in told.known.values() if not known.is_changed and _has_before(known.kind)]
    for known in random.sample(same, min(1, len(same))):
        yield Draft("unanswerable", kind_words(known.kind, known.person, True, _BEFORE), UNANSWERABLE, ())
    for dated in random.sample(told.dated, min(1, len(told.dated))):
        if others := [person for person in people if person != dated.person]:
            yield Draft("unanswerable", _event_words(dated, random.choice(others)), UNANSWERABLE, ())
