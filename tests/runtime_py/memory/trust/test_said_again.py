"""Whose word a memory is after the user said it again or corrected it: his own, which no import ends or changes."""

from datetime import date
from pathlib import Path

import pytest

from runtime_py.memory import Memory
from runtime_py.operations.extract import Message
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store import Store, StoredMemory
from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.script import Script, WordEmbedder, texts

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
HULL, OSLO = "Ana lives in Hull", "Ana lives in Oslo"


def first_becomes_it(given: UpdateInput) -> list[MemoryEvent]:
    """Whatever is said replaces the first memory near it."""
    return [MemoryEvent("0", given.facts[0], "UPDATE")]


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    embedder = WordEmbedder()
    return Memory(Script(update=first_becomes_it), embedder, Store(tmp_path / "store.db", embedder))


def answer(memory: Memory, *events: MemoryEvent) -> None:
    """What update says about the next exchange."""
    memory._generator._generator._operations["update"] = lambda _given: list(events)  # type: ignore[attr-defined]


def found(memory: Memory, text: str) -> StoredMemory:
    kept = memory.store.find_memory("ana", text)
    assert kept is not None, texts(memory)
    return kept


def brought(memory: Memory, text: str = HULL, day: date = MAY) -> None:
    memory.add(f"*{text}*", "ana", day, session=f"chat {day}", is_imported=True)


def test_what_the_user_says_too_no_import_changes(memory: Memory) -> None:
    brought(memory)
    assert found(memory, HULL).source == "imported"
    memory.add(f"*{HULL}*", "ana", JUNE)
    assert found(memory, HULL).source == "user"
    brought(memory, OSLO, JULY)
    assert texts(memory) == [HULL, OSLO]
    assert [(row.event, row.new_memory, row.source) for row in memory.history(1, "ana")] == [
        ("ADD", HULL, "imported"),
        ("UPDATE", HULL, "user"),
    ]


def test_what_nobody_said_again_the_next_import_changes(memory: Memory) -> None:
    brought(memory)
    brought(memory, OSLO, JULY)
    assert texts(memory) == [OSLO]


def test_a_correction_by_hand_is_the_users(memory: Memory) -> None:
    brought(memory)
    memory.update(1, "Ana lives in York", "ana")
    assert found(memory, "Ana lives in York").source == "user"
    brought(memory, OSLO, JULY)
    assert texts(memory) == ["Ana lives in York", OSLO]


def test_more_words_of_the_users_make_it_his(memory: Memory) -> None:
    brought(memory)
    memory.add(f"*{HULL} with Tom*", "ana", JUNE)
    assert (found(memory, f"{HULL} with Tom").id, found(memory, f"{HULL} with Tom").source) == (1, "user")


def test_an_import_with_more_words_leaves_it_imported(memory: Memory) -> None:
    brought(memory)
    brought(memory, f"{HULL} with Tom", JUNE)
    assert found(memory, f"{HULL} with Tom").source == "imported"


def test_the_same_in_other_words(memory: Memory) -> None:
    brought(memory)
    answer(memory, MemoryEvent("0", HULL, "NONE"))
    memory.add("*Ana really lives in Hull*", "ana", JUNE)
    assert (texts(memory), found(memory, HULL).source) == ([HULL], "user")


@pytest.mark.parametrize("fact", ["Ana likes Hull", "Ana no longer lives in Hull", "Tom lives in Hull", "Ana lives on"])
def test_an_expert_that_leaves_it_does_not_make_it_the_users(memory: Memory, fact: str) -> None:
    """NONE is what update says of every memory that it leaves, whatever was said."""
    brought(memory)
    answer(memory, MemoryEvent("0", HULL, "NONE"))
    memory.add(f"*{fact}*", "ana", JUNE)
    assert found(memory, HULL).source == "imported"


@pytest.mark.parametrize(
    "message",
    [
        Message("assistant", "", f"*{HULL}*"),
        Message("assistant", "Bo", f"*{HULL}*"),
        Message("user", "", f"> *{HULL}*"),
        Message("user", "", f"Bo wrote:\n*{HULL}*"),
    ],
)
def test_what_others_say_again_stays_imported(memory: Memory, message: Message) -> None:
    brought(memory)
    memory.add([message], "ana", JUNE)
    assert (texts(memory), found(memory, HULL).source) == ([HULL], "imported")


def test_the_users_word_never_sinks(memory: Memory) -> None:
    memory.add(f"*{HULL}*", "ana", MAY)
    brought(memory, HULL, JUNE)
    assert (found(memory, HULL).source, [row.event for row in memory.history(1, "ana")]) == ("user", ["ADD"])


def test_as_it_is_stored_without_a_model(memory: Memory) -> None:
    brought(memory)
    memory.add(HULL, "ana", JUNE, infer=False)
    assert found(memory, HULL).source == "user"


def test_by_rules_alone(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    with Memory(Script(select=keep_all), embedder, Store(tmp_path / "store.db", embedder)) as memory:
        memory.add("I live in Hull.", "ana", MAY, session="chat", is_imported=True)
        memory.add("I live in Hull.", "ana", JUNE)
        memory.add("I live in Oslo.", "ana", JULY, session="chat", is_imported=True)
        assert texts(memory) == ["The user lives in Hull.", "The user lives in Oslo."]
        assert found(memory, "The user lives in Hull.").source == "user"
        assert memory.store.check() == []


def test_forgetting_where_he_said_it_leaves_it(memory: Memory) -> None:
    brought(memory)
    memory.add(f"*{HULL}*", "ana", JUNE, session="mine")
    memory.forget_session("mine", "ana")
    assert (texts(memory), memory.store.check()) == ([HULL], [])


def test_it_is_read_as_before(memory: Memory) -> None:
    """The change to the same words is none of its words."""
    brought(memory)
    memory.add(f"*{HULL}*", "ana", JUNE)
    assert memory.store.words_before("ana", [1]) == {}
    assert found(memory, HULL).day == MAY
