"""generate rows that ask the wrong person: what one speaker told of himself, asked of another who told no such thing.

A question about Ann that Ann's own turns answer becomes the same question about Ben, over the same turns; the answer is
the refusal. Turns whose facts speak of Ben and share a word with the question are left out, so nothing can answer it.
The question about Ann stands beside it: both differ in the name alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from distill.corpus.natural_text import UNANSWERABLE, UNNAMED
from distill.datasets.example import memory_row
from distill.datasets.near import rank, word_weights, words
from runtime_py.dialogues import Dialogue, Question, Turn
from runtime_py.files import Example
from runtime_py.memory.rules import named

SHARE = 0.7  # of the questions that can be swapped, in each pass
TURNS = (6, 8, 8, 10, 10, 12)
_NAMELESS = (UNNAMED, "Assistant")
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself)\b")
_ASKING = (
    "a an and are at be by did do does doing for from had has have he her his how i in is it its long many me much my "
    "of on or s she that the their them there they this to was were what when where which who whom whose why will with "
    "name called kind sort day date"
)
_IDLE = frozenset(_ASKING.split())


def swapped_examples(dialogue: Dialogue, random: Random, number: int = 0) -> Iterator[Example]:
    """Pairs of rows over one set of turns: a question with its answer, and the same one asked of another speaker.

    `number` is the pass, for the rows' names; `input` is `generate`'s.
    """
    speakers = [name for name in dialogue.speakers if name not in _NAMELESS]
    if len(speakers) < 2:
        return
    days = {turn.id: session.date for session in dialogue.sessions for turn in session.turns}
    turns = {turn.id: turn for turn in dialogue.turns}
    texts = {i: f"{turn.speaker}: {turn.text}" for i, turn in turns.items()}
    weights = word_weights(list(texts.values()))
    for question in dialogue.questions:
        person = _person(question, turns, speakers)
        if person is None or random.random() >= SHARE:
            continue
        other = random.choice([name for name in speakers if name != person])
        asked = _ask_of(question, person, other)
        about = [i for i, turn in turns.items() if _may_answer(turn, asked, other, speakers)]
        if set(about) & set(question.evidence):
            continue
        near = rank(question.text, [texts[i] for i in turns if i not in about], weights, random)
        chosen = _choose(question, near, texts, random)
        memories = [memory_row(days[i], turns[i]) for i in turns if i in chosen]
        for row, answer, name in ((question, question.answer, person), (asked, UNANSWERABLE, other)):
            given = {"question": row.text, "asker": row.asker, "memories": memories}
            kind = question.kind if row is question else "unanswerable"
            yield Example(f"generate/{dialogue.id}/{question.id}-{name}/{number}", given, answer, kind)


def _person(question: Question, turns: Mapping[str, Turn], speakers: Sequence[str]) -> str | None:
    """Of whom alone the question is, where that person's own turns answer it and name no other speaker."""
    asked = named(question.text, speakers)
    if _FIRST_PERSON.search(question.text) and question.asker:
        asked |= {question.asker}
    if len(asked) != 1 or not question.evidence:
        return None
    (person,) = asked
    if person not in speakers:
        return None
    told = [turns[i] for i in question.evidence]
    is_own = all(turn.speaker == person and named(turn.text, speakers) <= asked for turn in told)
    return person if is_own else None


def _ask_of(question: Question, person: str, other: str) -> Question:
    text = re.sub(rf"(?<![\w-]){re.escape(person)}(?![\w-])", other, question.text, flags=re.IGNORECASE)
    if _FIRST_PERSON.search(question.text):
        return replace(question, text=text, asker=other)
    return replace(question, text=text, asker="" if question.asker == other else question.asker)


def _may_answer(turn: Turn, asked: Question, other: str, speakers: Sequence[str]) -> bool:
    """Whether the turn tells a fact of `other` that has to do with what is asked."""
    wanted = words(asked.text) - _IDLE - words(" ".join(speakers))
    facts = [fact for fact in turn.facts or () if named(fact, speakers) & {other}]
    return any(wanted & words(text) for fact in facts for text in (fact, turn.text))


def _choose(question: Question, near: Sequence[str], texts: Mapping[str, str], random: Random) -> set[str]:
    """Ids of the evidence and of near turns, some at random."""
    ids = {text: i for i, text in reversed(texts.items())}
    chosen, count = set(question.evidence), random.choice(TURNS)
    spare = [ids[text] for text in near if ids[text] not in chosen]
    while spare and len(chosen) < count:
        chosen.add(spare.pop(0 if random.random() < 0.75 else random.randrange(len(spare))))
    return chosen
