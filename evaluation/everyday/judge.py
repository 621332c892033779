"""Whether an answer is right: a fixed rule, no model.

- A refusal is `no information available`, or an answer that begins with it. It is the only right answer to an
  unanswerable question and never right for another one.
- Of the gold answer and its alternatives one must be met. An answer of more than three times its words and 8 is wrong:
  a whole turn copied earns nothing.
- `yes` and `no` are judged by the answer's first word, and so is every question of kind `retracted` whose gold answer
  begins so.
- Else the gold answer stands in the given one, word after word (`spelling.holds`: no articles, one spelling of days and
  numbers; a gold day without a year is met by that day of any year), or
- both name the same numbers and days, all names of the gold answer are there, the F1 of the stems is at least 0.5, and
  no content word was added that neither the gold answer nor the question has.

The pilot (SmolLM2-135M, 126 questions) counted an answer as right that held all words of a gold answer in any order,
also as parts of longer words (`5` in `15`), at any length; it took `not mentioned` for a refusal. It had no second
chance by F1. So figures here are lower for long answers and days, and higher for the same thing in other words.
"""

from collections import Counter
from collections.abc import Sequence

from evaluation.everyday.spelling import content, holds, is_value, names, spell
from evaluation.locomo.porter import stem
from runtime_py.dialogues import Question
from runtime_py.operations.generate import is_refusal

_ENOUGH = 0.5
_VERDICTS = ("yes", "no")


def is_right(answer: str, question: Question) -> bool:
    """Whether `answer` is one of the question's right answers."""
    if question.kind == "unanswerable":
        return is_refusal(answer)
    if is_refusal(answer):
        return False
    return any(_meets(answer, gold, question) for gold in (question.answer, *question.alternatives))


def _meets(answer: str, gold: str, question: Question) -> bool:
    if len(answer.split()) > 3 * len(gold.split()) + 8:
        return False
    given, wanted = spell(answer), spell(gold)
    if wanted[:1] and wanted[0] in _VERDICTS and (len(wanted) == 1 or question.kind == "retracted"):
        return given[:1] == wanted[:1]
    return bool(wanted) and (holds(given, wanted) or _is_same(given, wanted, gold, question.text))


def _is_same(given: Sequence[str], wanted: Sequence[str], gold: str, question: str) -> bool:
    values = [{word for word in words if is_value(word)} for words in (given, wanted)]
    told = content(given)
    return (
        values[0] == values[1]
        and names(gold) <= told
        and told <= content(wanted) | content(spell(question))
        and token_f1(given, wanted) >= _ENOUGH
    )


def token_f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the two multisets of stems; 0 when they share none."""
    left, right = Counter(map(stem, given)), Counter(map(stem, wanted))
    shared = (left & right).total()
    return 2 * shared / (left.total() + right.total()) if shared else 0.0
