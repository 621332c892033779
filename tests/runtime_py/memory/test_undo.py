"""Undo: every row of the store is as it was before the message, and nothing of it stays in any file."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime_py.errors import ConfigError
from runtime_py.memory import Memory
from runtime_py.operations import UnparsableError
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store import Store
from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.script import Script, WordEmbedder

MAY, JUNE = date(2023, 5, 8), date(2023, 6, 8)
EMBEDDER = WordEmbedder()
Rows = dict[str, list[tuple[object, ...]]]


def _clock() -> Callable[[], datetime]:
    """Each look is a second later."""
    moments: Iterator[datetime] = iter(datetime(2023, 5, 8, tzinfo=UTC) + timedelta(seconds=s) for s in range(10**6))
    return lambda: next(moments)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(Script(), EMBEDDER, Store(tmp_path / "m.db", EMBEDDER, clock=_clock()))


def rows(memory: Memory) -> Rows:
    """All that the store holds; of the log of vectors the last word on each, as a log only grows."""
    found: Rows = {}
    for (name,) in memory.store.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    ):
        if name.endswith("_sketches"):
            sql = f"SELECT row_id, user_id, sketch FROM {name} WHERE sketch IS NOT NULL ORDER BY row_id"
        else:
            sql = f"SELECT * FROM {name} ORDER BY 1, 2"
        if "_words_" not in name and not name.startswith("sqlite_"):
            found[name] = [tuple(row) for row in memory.store.rows(sql)]
    for name in ("memory_words", "turn_words"):
        found[name] = [tuple(row) for row in memory.store.rows(f"SELECT rowid, text FROM {name} ORDER BY rowid")]
    return found


def answer(memory: Memory, *events: MemoryEvent) -> None:
    """What update says about the next exchange."""
    script: Any = memory._generator
    script._generator._operations["update"] = lambda _given: list(events)


def fill(memory: Memory) -> None:
    memory.add("*Ana lives in Kluvo*", "ana", MAY)
    memory.add("*Ana plays tennis*", "ana", MAY)
    memory.add("*Bob hums*", "bob", MAY)


EVENTS: dict[str, tuple[str, list[MemoryEvent]]] = {
    "added": ("*Ana owns a Volvo*", [MemoryEvent("2", "Ana owns a Volvo", "ADD")]),
    "superseded": ("*Ana lives in Zorp*", [MemoryEvent("0", "Ana lives in Zorp", "UPDATE")]),
    "grown": ("*Ana lives in Kluvo by the river*", [MemoryEvent("0", "Ana lives in Kluvo by the river", "UPDATE")]),
    "ended": ("*Ana no longer lives in Kluvo*", [MemoryEvent("0", "", "DELETE")]),
    "several": (
        "*Ana lives in Zorp* and *Ana plays tennis on Mondays* and *Ana owns a Volvo*",
        [
            MemoryEvent("0", "Ana lives in Zorp", "UPDATE"),
            MemoryEvent("1", "Ana plays tennis on Mondays", "UPDATE"),
            MemoryEvent("2", "Ana owns a Volvo", "ADD"),
        ],
    ),
    "known": ("*Ana plays tennis*", []),
    "empty": ("Good morning", []),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_every_row_is_as_before(kind: str, memory: Memory) -> None:
    fill(memory)
    before = rows(memory)
    text, events = EVENTS[kind]
    answer(memory, *events)
    memory.add(text, "ana", JUNE)
    changed = rows(memory)
    assert changed != before
    undone = memory.undo("ana")
    assert undone.said == (text,)
    assert rows(memory) == before
    assert memory.store.check() == []
    answer(memory, *events)
    memory.add(text, "ana", JUNE)  # said again it does the same
    assert [row[2:4] for row in rows(memory)["memories"]] == [row[2:4] for row in changed["memories"]]


ROME = "I live in Rome. I work at Enel. My bike is red."
OSLO, EQUINOR = "I live in Oslo now.", "I work at Equinor now."
CUTS: dict[str, list[str | list[str]]] = {
    "of three sentences": [ROME, OSLO],
    "again": [ROME, OSLO, EQUINOR],
    "twice by one exchange": [ROME, [OSLO, EQUINOR]],
    "all of them": [ROME, "I live in Oslo now. I work at Equinor now. I sold the bike."],
    "the others told elsewhere": ["I work at Enel. My bike is red.", ROME, OSLO],
    "said earlier": [ROME, "I lived in Turin."],
}


@pytest.mark.parametrize("kind", CUTS)
def test_every_row_is_as_before_a_memory_was_cut(kind: str, tmp_path: Path) -> None:
    memory = Memory(Script(select=keep_all), EMBEDDER, Store(tmp_path / "m.db", EMBEDDER, clock=_clock()))
    memory.add("My cat is Pickle.", "bob", MAY)
    states = []
    for said in CUTS[kind]:
        states.append(rows(memory))
        memory.add(
            [{"role": "user", "content": text} for text in ([said] if isinstance(said, str) else said)], "ana", MAY
        )
        assert memory.store.check() == []
    for before in reversed(states[1:]):
        memory.undo("ana")
        assert rows(memory) == before
    assert memory.store.check() == []


def test_what_is_found_is_as_before(memory: Memory) -> None:
    fill(memory)
    answer(memory, MemoryEvent("0", "Ana lives in Zorp", "UPDATE"))
    memory.add("*Ana lives in Zorp*", "ana", JUNE)
    assert [hit.memory.text for hit in memory.search("lives", "ana")][:1] == ["Ana lives in Zorp"]
    undone = memory.undo("ana")
    assert (undone.forgotten, undone.restored) == ((4,), (1,))
    assert [hit.memory.text for hit in memory.search("Ana lives", "ana")][:1] == ["Ana lives in Kluvo"]
    assert memory.search("Zorp", "ana", include_past=True)[0].memory.text != "Ana lives in Zorp"
    assert memory.search_turns("Zorp", "ana", 1)[0].text == "*Ana lives in Kluvo*"


@pytest.mark.parametrize(
    ("said", "events"),
    [
        ("*Ana owns a Volvo*", []),
        ("*Ana owns a Volvo* *Ana hums*", [MemoryEvent("9", "Ana hums", "ADD")]),
        ("*Ana owns a red Volvo*", [MemoryEvent("2", "Ana owns a red Volvo", "UPDATE")]),
        ("*Ana owns a Volvo now*", [MemoryEvent("2", "Ana owns a Volvo", "NONE")]),
    ],
)
def test_whose_word_it_was_is_as_before(memory: Memory, said: str, events: list[MemoryEvent]) -> None:
    fill(memory)
    answer(memory, MemoryEvent("2", "Ana owns a Volvo", "ADD"))
    memory.add("*Ana owns a Volvo*", "ana", MAY, is_imported=True)
    before = rows(memory)
    answer(memory, *events)
    memory.add(said, "ana", JUNE)
    assert [found.source for found in memory.get_all("ana")][2] == "user"
    assert memory.undo("ana").restored == (4,)
    assert rows(memory) == before
    assert memory.store.check() == []


def test_no_file_keeps_a_byte_of_it(memory: Memory, tmp_path: Path) -> None:
    fill(memory)
    memory.add("*Ana owns a Volvo*", "ana", JUNE)
    memory.undo("ana")
    assert not any(b"Volvo" in path.read_bytes() for path in tmp_path.iterdir())
    assert any(b"Kluvo" in path.read_bytes() for path in tmp_path.iterdir())


def test_again_and_again_to_the_beginning(memory: Memory) -> None:
    empty = rows(memory)
    fill(memory)
    assert [memory.undo("ana").said for _ in range(2)] == [("*Ana plays tennis*",), ("*Ana lives in Kluvo*",)]
    with pytest.raises(ConfigError, match="nothing to undo: expected something that ana said"):
        memory.undo("ana")
    memory.undo("bob")
    assert {name: len(found) for name, found in rows(memory).items()} == {name: len(f) for name, f in empty.items()}


def test_a_failed_exchange_and_its_second_try(memory: Memory) -> None:
    fill(memory)
    before = rows(memory)

    def refuse(_given: UpdateInput) -> Any:
        raise UnparsableError("expected JSON, got 'sorry'")

    script: Any = memory._generator
    works = script._generator._operations["extract"]
    script._generator._operations["extract"] = refuse
    memory.add("*Ana owns a Volvo*", "ana", JUNE)
    assert memory.undo("ana").said == ("*Ana owns a Volvo*",)
    assert rows(memory) == before
    memory.add("*Ana owns a Volvo*", "ana", JUNE)
    script._generator._operations["extract"] = works
    memory.add("*Ana hums*", "ana", JUNE)
    memory.add("*Ana owns a Volvo*", "ana", JUNE)  # the newest now
    assert memory.undo("ana").said == ("*Ana owns a Volvo*",)
    assert [found.text for found in memory.get_all("ana")][-1] == "Ana hums"


def test_a_later_edit_of_what_it_changed_goes_too(memory: Memory) -> None:
    fill(memory)
    before = rows(memory)
    answer(memory, MemoryEvent("0", "Ana lives in Kluvo by the river", "UPDATE"))
    memory.add("*Ana lives in Kluvo by the river*", "ana", JUNE)
    memory.update(1, "Ana lives in Kluvo by the sea", "ana")
    memory.undo("ana")
    assert rows(memory) == before


def test_an_edit_of_another_memory_stays(memory: Memory) -> None:
    fill(memory)
    memory.add("*Ana owns a Volvo*", "ana", JUNE)
    memory.update(2, "Ana plays badminton", "ana")
    memory.undo("ana")
    assert [found.text for found in memory.get_all("ana")] == ["Ana lives in Kluvo", "Ana plays badminton"]


def test_words_that_another_memory_took_are_refused(memory: Memory) -> None:
    fill(memory)
    answer(memory, MemoryEvent("0", "Ana lives in Zorp", "UPDATE"))
    memory.add("*Ana lives in Zorp*", "ana", JUNE)
    memory.update(2, "Ana lives in Kluvo", "ana")
    before = rows(memory)
    with pytest.raises(ConfigError, match="edit or forget 2 first"):
        memory.undo("ana")
    assert rows(memory) == before
