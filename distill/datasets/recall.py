"""generate rows from written dialogues: questions in groups, each group over one varying set of dated turns.

What a question finds varies from pass to pass, as retrieval will vary: other turns, other numbers of them, and in every
second pass other names. One to three questions choose the turns; all that these turns answer join them. Where a
choosing question's evidence is left out, the answer is the refusal.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from distill.corpus.natural_text import UNANSWERABLE
from distill.corpus.renaming import renamed
from distill.datasets.near import rank, word_weights
from runtime_py.dialogues import Dialogue, Question, Turn
from runtime_py.files import Example

CHOOSING = (1, 1, 2, 3)  # questions
MOST_QUESTIONS = 14
TURNS = (5, 6, 8, 8, 8, 10, 10, 12)
KEEP_EVIDENCE = 0.8
NEWEST_COUNTS = ("changed", "retracted")


def recall_examples(dialogue: Dialogue, random: Random, number: int = 0) -> Iterator[Example]:
    """Each question at most once, rows of one context in a row; `number` is the pass, for the rows' names.

    `input` is `generate`'s: `{"question", "asker", "memories": [{"text", "date", "speaker"}]}`, turns in their order.
    """
    if number % 2:
        dialogue = renamed(dialogue, random)
    turns = {turn.id: (session.date, turn) for session in dialogue.sessions for turn in session.turns}
    texts = {i: f"{turn.speaker}: {turn.text}" for i, (_, turn) in turns.items()}
    weights = word_weights(list(texts.values()))
    waiting = list(dialogue.questions)
    random.shuffle(waiting)
    while waiting:
        size = random.choice(CHOOSING)
        group, waiting = waiting[:size], waiting[size:]
        chosen = _choose(group, texts, weights, random)
        joining = [q for q in waiting if q.evidence and set(q.evidence) <= chosen][: MOST_QUESTIONS - len(group)]
        waiting = [q for q in waiting if q not in joining]
        memories = [_memory(*turns[i]) for i in turns if i in chosen]
        for question in (*group, *joining):
            answer = _answer(question, chosen, texts)
            if answer is not None:
                name = f"generate/{dialogue.id}/{question.id}/{number}"
                given = {"question": question.text, "asker": question.asker, "memories": memories}
                yield Example(name, given, answer, question.kind)


def _choose(group: Sequence[Question], texts: dict[str, str], weights: dict[str, float], random: Random) -> set[str]:
    """Ids of the turns to read: the group's evidence, or not, among near ones and some at random."""
    count = random.choice(TURNS)
    chosen: set[str] = set()
    left_out: set[str] = set()
    for question in group:
        wanted = set(question.evidence)
        if random.random() < KEEP_EVIDENCE and len(chosen | wanted) <= max(count, len(wanted)):
            chosen |= wanted
        else:
            left_out |= wanted
    near = [rank(question.text, list(texts.values()), weights, random) for question in group]
    ids = {text: i for i, text in reversed(texts.items())}
    queue = [ids[text] for row in zip(*near, strict=True) for text in row]
    spare = [i for i in dict.fromkeys(queue) if i not in chosen and i not in left_out]
    while spare and len(chosen) < count:
        chosen.add(spare.pop(0 if random.random() < 0.75 else random.randrange(len(spare))))
    return chosen


def _answer(question: Question, chosen: set[str], texts: dict[str, str]) -> str | None:
    """The gold answer, the refusal where its evidence is not among the turns, None where neither would be true."""
    wanted = set(question.evidence)
    if not wanted or wanted <= chosen:
        return question.answer
    if question.kind in NEWEST_COUNTS and question.evidence[-1] in chosen:
        return question.answer
    if wanted & chosen:  # half of it is there: an old value, or one of two parts
        return None
    told = " ".join(texts[i] for i in chosen).casefold()
    if any(answer.casefold() in told for answer in (question.answer, *question.alternatives)):
        return None  # another turn may say it as well
    return UNANSWERABLE


def _memory(day: Any, turn: Turn) -> dict[str, Any]:
    return {"text": turn.text, "date": day.isoformat() if day else None, "speaker": turn.speaker}
