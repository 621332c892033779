"""V by a scripted generator: the word alone counts, text that is no answer is wrong."""

from collections.abc import Collection
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.protocol.seen import answer_rows, summarise
from runtime_py.files import Example
from runtime_py.operations import UnparsableError
from runtime_py.operations.generator import Generated
from runtime_py.operations.vqa import OPERATION, VqaAnswer, VqaInput


class Seeing:
    """Says red of everything, nothing of a picture called dark."""

    operations: Collection[str] = (OPERATION.name,)

    def run(self, _operation: str, given: VqaInput) -> Generated:
        if given.image == "dark":
            raise UnparsableError("no text")
        return Generated(VqaAnswer("Red", "It is red."))

    def fits(self, _operation: str, _given: Any) -> bool:
        return True


def test_the_word_counts() -> None:
    rows = [
        Example(
            name, {"image": name, "question": "What colour?"}, OPERATION.render_output(VqaAnswer(word, "So.")), kind
        )
        for name, word, kind in (("a", "red", "colour"), ("b", "blue", "colour"), ("dark", "red", "other"))
    ]
    told: list[str] = []
    figures = summarise(answer_rows(Seeing(), rows, told.append))
    assert (figures["V"], figures["colour right"], figures["other right"]) == (Share(1, 3), Share(1, 2), Share(0, 1))
    assert len(told) == 3
