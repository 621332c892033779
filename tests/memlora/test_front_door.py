"""The front door: Mem0's shapes, owners, threads and event loops, and a store that is found without being named."""

import asyncio
import runpy
import sys
from pathlib import Path

import pytest

import memlora
from runtime_py import memory as inner
from runtime_py.store import Store, default_store
from tests.runtime_py.script import Script, WordEmbedder

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.fixture
def memory(tmp_path: Path) -> memlora.Memory:
    embedder = WordEmbedder()
    return memlora.Memory(inner.Memory(Script(), embedder, Store(tmp_path / "m.db", embedder)))


def test_everything_public_is_there_and_nothing_else() -> None:
    assert all(hasattr(memlora, name) for name in memlora.__all__)
    assert issubclass(memlora.StoreError, memlora.MemloraError)


def test_added_searched_asked_changed_forgotten(memory: memlora.Memory) -> None:
    (event,) = memory.add("*Tom lives in Zwolle* and that is that", user_id="tom")["results"]
    assert (event["event"], event["memory"]) == ("ADD", "Tom lives in Zwolle")
    (found,) = memory.search("Zwolle", user_id="tom")["results"]
    assert found["id"] == event["id"]
    assert 0 < found["score"] <= 1
    assert memory.search("Zwolle", user_id="tom", threshold=1.0)["results"] == []
    assert memory.ask("Where does Tom live?", user_id="tom")["answer"] == "Tom lives in Zwolle"
    assert memory.update(event["id"], "Tom lives in Deventer", user_id="tom")["memory"] == "Tom lives in Deventer"
    assert [row["event"] for row in memory.history(event["id"], user_id="tom")] == ["ADD", "UPDATE"]
    memory.delete(event["id"], user_id="tom")
    assert memory.get_all(user_id="tom")["results"] == []


def test_an_id_of_another_user_is_not_found(memory: memlora.Memory) -> None:
    (event,) = memory.add("*Tom lives in Zwolle*", user_id="tom")["results"]
    for call in (memory.get, memory.delete, memory.history):
        with pytest.raises(memlora.ConfigError):
            call(event["id"], user_id="eve")
    with pytest.raises(memlora.ConfigError):
        memory.update(event["id"], "Tom lives nowhere", user_id="eve")
    assert memory.get(event["id"], user_id="tom")["memory"] == "Tom lives in Zwolle"


def test_event_loops(memory: memlora.Memory) -> None:
    async def talk() -> list[str]:
        async with memlora.AsyncMemory(memory) as shared:
            await asyncio.gather(*(shared.add(f"*fact {i} of Tom*", user_id="tom") for i in range(8)))
            return sorted(row["memory"] for row in (await shared.get_all(user_id="tom"))["results"])

    assert asyncio.run(talk()) == [f"fact {i} of Tom" for i in range(8)]


def test_a_bundle_that_is_not_named_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEMLORA_BUNDLE", raising=False)
    with pytest.raises(memlora.ConfigError, match="MEMLORA_BUNDLE"):
        memlora.open()
    with pytest.raises(memlora.ConfigError, match="'bundel'"):
        memlora.Memory.from_config({"bundel": "x"})


def test_the_default_store_lies_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("MEMLORA_STORE", "other.db")
    assert default_store() == Path("other.db")
    monkeypatch.delenv("MEMLORA_STORE")
    if sys.platform == "linux":
        assert default_store() == tmp_path / "memlora" / "memory.db"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_run(
    example: Path, memory: memlora.Memory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memlora, "open", lambda *_given, **_named: memory)
    monkeypatch.setattr(sys, "argv", [str(example), "bundle"])
    runpy.run_path(str(example), run_name="__main__")
    assert "status" in capsys.readouterr().out
