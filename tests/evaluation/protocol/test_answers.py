"""Two views are remembered and both are read; what does not fit is dropped from the worst on."""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.figures.journal import Journal
from evaluation.protocol.answers import answer, answer_all, fitting, read_for
from evaluation.protocol.rows import ALL, ROWS, AddOnly, generator_of
from evaluation.protocol.views import remember, user_of, view_of
from runtime_py.dialogues import Dialogue, Question, Session, Turn
from runtime_py.memory import Memory
from runtime_py.operations import names
from runtime_py.operations.generate import DatedMemory
from runtime_py.operations.generator import Generated
from runtime_py.operations.update import UpdateInput
from runtime_py.store import Store, Vectors

TURNS = (
    Turn("D1:1", "Ana", "I live in Kluvo."),
    Turn("D1:2", "Bob", "I keep a goat."),
    Turn("D1:3", "Ana", "I sing on Mondays."),
)
DIALOGUE = Dialogue(
    "d",
    ("Ana", "Bob"),
    (Session(date(2023, 5, 8), TURNS),),
    (Question("q1", "Where does Ana live?", "single_hop", "Kluvo", ("D1:1",), 4),),
)
BY_NAME = {row.name: row for row in ROWS}


class Words:
    """Vectors of the words in a text."""

    id, dimension = "words", 64

    def embed(self, texts: list[str]) -> Vectors:
        found = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", "").replace("?", "").split():
                found[row, sum(map(ord, word)) % self.dimension] += 1
        normed: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        return normed


class Script:
    """Every sentence of the user is a fact; answers with the number of memories that it was shown."""

    operations: Collection[str] = tuple(names())

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.roles: list[tuple[str, str]] = []

    def run(self, operation: str, given: Any) -> Generated:
        if operation == "extract":
            self.roles += [(message.role, message.speaker) for message in given.messages]
            return Generated([f"{m.speaker}: {m.text}" for m in given.messages if m.role == "user"])
        if isinstance(given, UpdateInput):
            return AddOnly().run(operation, given)
        return Generated(f"{len(given.memories)} read")

    def fits(self, _operation: str, given: Any) -> bool:
        return len(getattr(given, "memories", ())) <= self.most


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    embedder: Any = Words()
    with Memory(Script(), embedder, Store(tmp_path / "m.db", embedder)) as opened:
        remember(opened, DIALOGUE)
        yield opened


def test_each_speaker_is_the_user_once() -> None:
    roles = {name: [turn.role for turn in view_of(DIALOGUE, name)[0].turns] for name in DIALOGUE.speakers}
    assert roles == {"Ana": ["user", "assistant", "user"], "Bob": ["assistant", "user", "assistant"]}


def test_both_memories_are_read(memory: Memory) -> None:
    held = {name: [row.text for row in memory.get_all(user_of(DIALOGUE, name))] for name in DIALOGUE.speakers}
    assert [len(rows) for rows in held.values()] == [2, 1]
    told = read_for(BY_NAME[ALL], memory, DIALOGUE, "Where does Ana live?", 30)
    assert {entry.text for _, entry in told} == {text for rows in held.values() for text in rows}
    assert "Kluvo" in told[0][1].text
    assert len(read_for(BY_NAME[ALL], memory, DIALOGUE, "Where does Ana live?", 1)) == 2


def test_what_other_rows_read(memory: Memory) -> None:
    asked = "Where does Ana live?"
    turns = read_for(BY_NAME["raw turns"], memory, DIALOGUE, asked, 1)
    assert next((entry.speaker, entry.text) for _, entry in turns) == ("Ana", "I live in Kluvo.")
    assert len(turns) == 2
    everything = read_for(BY_NAME["full context"], memory, DIALOGUE, asked, 1)
    assert [entry.text for _, entry in everything] == [turn.text for turn in reversed(TURNS)]
    both = read_for(BY_NAME["facts + turns"], memory, DIALOGUE, asked, 2)
    assert len(both) == 4
    assert len({number for number, _ in both}) == 4


def test_the_worst_are_dropped() -> None:
    told = [(number, DatedMemory(f"m{number}", None)) for number in range(9)]
    assert fitting(Script(most=4), "?", told) == told[:4]
    assert fitting(Script(most=9), "?", told) == told
    assert answer(Script(most=4), "?", told) == {"answer": "4 read", "read": 4, "found": 9}


def test_answers_are_kept(memory: Memory, tmp_path: Path) -> None:
    row, script = BY_NAME[ALL], Script()
    for _ in range(2):
        with Journal(tmp_path / "j.jsonl", "x") as journal:
            told = answer_all(row, script, memory, DIALOGUE, 30, journal)
    assert told == [{"id": "q1", "category": 4, "answer": "3 read", "read": 3, "found": 3}]


def test_every_row_has_a_generator() -> None:
    models: dict[str, Any] = {who: dict.fromkeys(names(), Script()) for who in ("base", "expert", "shared")}
    for row in ROWS:
        assert set(generator_of(row, models).operations) == set(names())
    adding = generator_of(BY_NAME["add-only"], models).run("update", UpdateInput(("a",), ("b",)))
    assert [(event.id, event.text, event.event) for event in adding.value] == [("1", "b", "ADD")]
