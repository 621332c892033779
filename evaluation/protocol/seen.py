"""V: the share of questions about pictures whose one word is exactly right."""

from collections.abc import Sequence
from typing import Any

from evaluation.protocol.views import Advance
from evaluation.synthetic.scorers import Summary, scorer
from runtime_py.files import Example
from runtime_py.operations import UnparsableError
from runtime_py.operations.generator import Generator
from runtime_py.operations.vqa import OPERATION


def answer_rows(generator: Generator, rows: Sequence[Example], advance: Advance) -> list[dict[str, Any]]:
    """A verdict a row; text that is no answer is wrong."""
    judge, verdicts = scorer(OPERATION.name).judge, []
    for row in rows:
        given = OPERATION.read_input(row.input)
        try:
            answer = generator.run(OPERATION.name, given).value
        except UnparsableError:
            answer = OPERATION.fallback(given)
        verdicts.append({"id": row.id, "answer": answer.answer, **judge(answer, row)})
        advance("V")
    return verdicts


def summarise(verdicts: Sequence[dict[str, Any]]) -> Summary:
    """`V` and its share of each kind of question."""
    told = scorer(OPERATION.name).summarise(verdicts)
    return {"V": told.pop("answers right"), **told}
