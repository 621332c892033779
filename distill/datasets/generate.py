"""generate rows: a question and 2 to 10 dated memories -> a short answer."""

from collections.abc import Iterator
from datetime import date
from random import Random

from distill.datasets.example import Builder, PassBuilder, final_memory
from distill.datasets.near import rank, word_weights
from distill.datasets.recall import recall_examples
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.files import Example
from runtime_py.memory import may_answer

LEAST, MOST = 2, 10


def examples(dialogue: Dialogue, random: Random) -> Iterator[Example]:
    """One row a question: the memories of its evidence among those near to the question and some at random.

    As when the memory is asked, what is only about the other speaker stays out.
    """
    operation = operations.get("generate")
    rows = final_memory(dialogue).rows
    texts = list(rows)
    weights = word_weights(texts)
    for question in dialogue.questions:
        wanted = [text for text in texts if rows[text][1] in question.evidence]
        near = rank(question.text, texts, weights, random)
        size = random.randint(LEAST, MOST)
        # evidence turns may state more than what is asked: the nearest of them come first
        chosen = dict.fromkeys(sorted(wanted, key=near.index))
        spare = [t for t in near if t not in chosen and may_answer(t, question.text, dialogue.speakers)]
        while spare and len(chosen) < size:
            chosen[spare.pop(0 if random.random() < 0.7 else random.randrange(len(spare)))] = None
        kept = sorted(chosen, key=texts.index)
        ordered = sorted(kept, key=lambda text: rows[text][0] or date.min)
        memories = [{"text": text, "date": day.isoformat() if (day := rows[text][0]) else None} for text in ordered]
        yield Example(
            f"generate/{dialogue.id}/{question.id}",
            {"question": question.text, "memories": memories},
            operation.render_output(question.answer),
            question.kind,
        )


DATASET: Builder = examples
WRITTEN: PassBuilder = recall_examples
