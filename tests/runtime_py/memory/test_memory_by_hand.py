"""What a person does with a memory: edit, forget, look up, search; always a user's own."""

from datetime import date
from pathlib import Path

import pytest

from runtime_py.errors import ConfigError
from runtime_py.memory import Memory
from runtime_py.operations.update import MemoryEvent
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder, texts

DAY = date(2023, 5, 8)


def open_memory(folder: Path, script: Script) -> Memory:
    return Memory(script, WordEmbedder(), Store(folder / "store.db", WordEmbedder()))


def test_an_id_of_another_user_is_not_found(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Script())
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Bob hums*", "bob", DAY)
    for call in (
        lambda: memory.update(1, "Ana swims", "bob"),
        lambda: memory.delete(1, "bob"),
        lambda: memory.history(1, "bob"),
        lambda: memory.delete(1, "nobody"),
        lambda: memory.delete(10**20, "ana"),
    ):
        with pytest.raises(ConfigError, match=r"no memory 10*: expected the id of a .*memory of \w+, got none"):
            call()
    assert (texts(memory), texts(memory, "bob")) == (["Ana sings"], ["Bob hums"])


def test_a_threshold_and_past_memories(tmp_path: Path) -> None:
    events = [MemoryEvent("0", "", "DELETE"), MemoryEvent("1", "Ana lives in Zorp", "ADD")]
    memory = open_memory(tmp_path, Script(update=lambda _: events))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    memory.add("*Ana lives in Zorp*", "ana", DAY)
    every = memory.search("Ana lives in Kluvo", "ana", include_past=True)
    assert [(found.memory.text, found.memory.state) for found in every] == [
        ("Ana lives in Kluvo", "past"),
        ("Ana lives in Zorp", "live"),
    ]
    assert every[0].score > 0.999 > every[1].score
    assert memory.search("Ana lives in Kluvo", "ana", threshold=0.99) == []
    assert memory.search("Ana lives in Kluvo", "ana", threshold=0.99, include_past=True) == every[:1]
    assert [found.memory.text for found in memory.search("Kluvo", "ana")] == ["Ana lives in Zorp"]
    told = every[0].to_json()
    assert (told["state"], told["valid_from"], told["valid_to"], told["source"]) == (
        "past",
        "2023-05-08",
        "2023-05-08",
        "user",
    )


def test_who_said_it_is_stored(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Script())
    memory.add("*Ana sings*", "ana", DAY)
    memory.add([{"role": "assistant", "content": "*Ana should dance*"}], "ana", DAY)
    both = [{"role": "user", "content": "*Ana hums*"}, {"role": "assistant", "content": "Nice!"}]
    memory.add(both, "ana", DAY)
    assert [found.source for found in memory.get_all("ana")] == ["user", "assistant", "user"]


def test_update_by_hand(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Script())
    memory.add("*Ana sings* *Ana dances*", "ana", DAY)
    memory.update(1, "Ana sings", "ana")
    assert [row.event for row in memory.history(1, "ana")] == ["ADD"]
    with pytest.raises(ConfigError, match="memory 2"):
        memory.update(1, "ana dances", "ana")
    memory.update(1, "ANA sings!", "ana")  # the same fact, as the user wants it written
    assert texts(memory) == ["ANA sings!", "Ana dances"]
    assert [row.event for row in memory.history(1, "ana")] == ["ADD", "UPDATE"]
    with pytest.raises(ConfigError, match="no memory 9"):
        memory.update(9, "Ana swims", "ana")
    with pytest.raises(ConfigError, match="new text"):
        memory.update(1, " ", "ana")
    with pytest.raises(ConfigError, match="no memory 9"):
        memory.history(9, "ana")


def test_forgetting_a_session(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Script())
    memory.add("*Ana sings*", "ana", DAY, "one")
    memory.add("Hm", "ana", DAY, "one")
    memory.add("*Ana hums*", "ana", DAY, "two")
    memory.forget_session("one", "ana", with_memories=False)
    assert [turn.text for turn in memory.store.turns("ana")] == ["*Ana sings*", "*Ana hums*"]
    memory.forget_session("one", "ana")
    assert texts(memory) == ["Ana hums"]
    with pytest.raises(ConfigError, match="no session one"):
        memory.forget_session("one", "ana")
    with pytest.raises(ConfigError, match="wrong session"):
        memory.forget_session(1, "ana")  # type: ignore[arg-type]


def test_forgetting_a_user(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Script())
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Bob hums*", "bob", DAY)
    memory.delete_all("ana")
    assert (texts(memory), texts(memory, "bob")) == ([], ["Bob hums"])
    assert memory.search("sings", "ana") == []
    with pytest.raises(ConfigError, match="no user ana"):
        memory.delete_all("ana")
    memory.add("*Ana sings*", "ana", DAY)
    assert texts(memory) == ["Ana sings"]
