"""What a text model answers about a picture from a caption alone, the paper's comparison for an expert that sees.

A caption is what the expert says of a picture before the question is known: the memory keeps it as words of the user,
and `generate` answers from them, without pixels. Here a right word among others counts, unlike in the expert's answers.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.figures.journal import Journal
from evaluation.synthetic.runner import Runner
from evaluation.synthetic.scorers import scorer
from evaluation.synthetic.scores import normalise
from runtime_py.files import Example
from runtime_py.operations import UnparsableError
from runtime_py.operations.vqa import OPERATION, VqaAnswer

CAPTIONS = {
    "caption": ("What do you see in the picture?",),
    "long caption": ("What do you see in the picture?", "What is the odd one out?", "What does the sign say?"),
}
"""What the expert is asked for each caption; a long one also tells what two of the six kinds of question ask for."""

Advance = Callable[[str], None]
_WORD = re.compile(r"\w+")


def judge_captions(
    runner: Runner, rows: Sequence[Example], journal: Path, made_from: str, advance: Advance
) -> dict[str, dict[str, Share]]:
    """The figures of each caption on `rows`: caption -> figure -> share. What the journal has is not made again."""
    judge = scorer(OPERATION.name)
    figures = {}
    with Journal(journal, made_from) as kept:
        for name, questions in CAPTIONS.items():
            for row in rows:
                if (key := f"{name}/{row.id}") not in kept:
                    caption = " ".join(_said(runner, kept, str(row.input["image"]), each) for each in questions)
                    kept.add(key, {"caption": caption, "answer": _answer(runner, caption, str(row.input["question"]))})
                advance(f"{OPERATION.name}, {name}")
            judged = [judge.judge(_word(kept[f"{name}/{row.id}"]["answer"], row), row) for row in rows]
            figures[name] = {k: share for k, share in judge.summarise(judged).items() if isinstance(share, Share)}
            figures[name].pop("reasons equal")
    return figures


def _said(runner: Runner, kept: Journal, image: str, question: str) -> str:
    """The expert's sentence about a picture, empty where it wrote none; asked once."""
    key = f"said/{image}/{question}"
    if key not in kept:
        written = runner.run(OPERATION.name, {"image": image, "question": question}, adapter=True).text
        try:
            kept.add(key, {"text": OPERATION.parse(written).reason})
        except UnparsableError:
            kept.add(key, {"text": ""})
    return str(kept[key]["text"])


def _answer(runner: Runner, caption: str, question: str) -> str:
    told: dict[str, Any] = {"text": caption, "date": None, "speaker": "user"}
    return runner.run("generate", {"question": question, "memories": [told]}, adapter=True).text


def _word(answer: str, row: Example) -> VqaAnswer:
    """The wanted word where it is among the answer's, else the whole answer."""
    wanted = normalise(OPERATION.parse(row.target).answer)
    return VqaAnswer(wanted if wanted in _WORD.findall(normalise(answer)) else answer, "")
