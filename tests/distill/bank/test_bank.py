"""A teacher in the place of experts, and the rows that come of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distill.datasets.inputs import to_row
from distill.teachers.bank import RecordingGenerator, TeacherGenerator, TeacherStopped
from distill.teachers.teacher import TeacherError
from runtime_py import operations
from runtime_py.files import Example
from runtime_py.memory import Memory
from runtime_py.operations import AnyOperation, UnparsableError
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generate import DatedMemory, GenerateInput
from runtime_py.operations.generator import Generated
from runtime_py.operations.update import UpdateInput
from runtime_py.store import Store, Vectors

SAID = ExtractInput((Message("user", "Ana", "I live in Kluvo."),), date(2023, 5, 8))


class Scripted:
    """Answers alike whatever is asked."""

    description: Mapping[str, Any] = {"teacher": "scripted"}

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[list[str]] = []

    def label(self, _operation: AnyOperation, examples: Sequence[Example], advance: object = None) -> list[str]:
        self.asked.append([example.id for example in examples])
        return [self.text for _ in examples]


@pytest.mark.parametrize(
    "given",
    [
        SAID,
        UpdateInput(("Ana lives in Kluvo",), ("Ana lives in Oslo",)),
        GenerateInput("Where?", (DatedMemory("in Kluvo", date(2023, 5, 8)), DatedMemory("x", None, "Bob")), "Ana"),
    ],
)
def test_a_row_is_read_back(given: Any) -> None:
    name = type(given).__name__.removesuffix("Input").lower()
    assert operations.get(name).read_input(to_row(given)) == given


def test_an_operation_without_rows_is_told() -> None:
    with pytest.raises(TypeError, match="no row for int"):
        to_row(1)


def test_a_teacher_answers_as_experts_do() -> None:
    teacher = Scripted('<think>hm</think>Sure: {"facts": ["Ana lives in Kluvo"]}')
    generator = RecordingGenerator(TeacherGenerator(teacher, ["extract"]))
    assert generator.fits("extract", SAID)
    for _ in range(2):
        assert generator.run("extract", SAID).value == ["Ana lives in Kluvo"]
    (row,) = generator.rows["extract"].values()
    assert row.target == '{"facts":["Ana lives in Kluvo"]}'
    assert operations.get("extract").read_input(row.input) == SAID


def test_text_of_no_use_is_counted() -> None:
    generator = RecordingGenerator(TeacherGenerator(Scripted("I cannot."), ["extract"]))
    with pytest.raises(UnparsableError, match="unparsable"):
        generator.run("extract", SAID)
    assert (generator.failed, generator.rows["extract"]) == (1, {})


def test_an_answer_that_says_nothing_of_the_facts_is_given_and_not_taught() -> None:
    class Silent:
        operations = ("update",)

        def run(self, _operation: str, _given: object) -> Generated:
            return Generated([])

        def fits(self, _operation: str, _given: object) -> bool:
            return True

    generator = RecordingGenerator(Silent())
    given = UpdateInput(("Ana lives in Kluvo",), ("Ana sings",))
    assert generator.run("update", given).value == []
    assert generator.rows["update"] == {}
    with pytest.raises(UnparsableError, match="says nothing of the facts"):
        TeacherGenerator(Scripted('{"memory": []}'), ["update"]).run("update", given)


def test_a_teacher_that_fails_stops_the_memory(tmp_path: Path) -> None:
    """A failed exchange is kept and the next one read: a teacher that is away must not leave a bank of those."""

    class Away(Scripted):
        def label(self, *_given: object) -> list[str]:
            raise TeacherError("away")

    class Flat:
        id, dimension = "flat", 2

        def embed(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts), 2), np.float32)

    store = Store(tmp_path / "m.db", Flat())
    with (
        Memory(TeacherGenerator(Away(""), ["extract"]), Flat(), store) as memory,
        pytest.raises(TeacherStopped, match="away"),
    ):
        memory.add("I live in Kluvo.", "Ana")


def test_what_is_asked_ahead_has_the_same_name() -> None:
    teacher = Scripted('{"facts": []}')
    generator = TeacherGenerator(teacher, ["extract"])
    generator.ask_ahead("extract", [SAID, SAID])
    generator.run("extract", SAID)
    assert teacher.asked[0] == teacher.asked[1]
