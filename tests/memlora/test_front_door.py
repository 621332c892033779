"""The front door: Mem0's shapes, owners, threads and event loops, and a store that is found without being named."""

import asyncio
import inspect
import runpy
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

import memlora
from runtime_py import memory as inner
from runtime_py.operations.update import MemoryEvent
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


def test_what_is_told_without_a_day_is_told_today(memory: memlora.Memory) -> None:
    (event,) = memory.add("*Tom moved*", user_id="tom")["results"]
    assert memory.get(event["id"], user_id="tom")["date"] == date.today().isoformat()
    (event,) = memory.add("*Tom quit*", user_id="tom", said_on=date(2023, 5, 12))["results"]
    assert memory.get(event["id"], user_id="tom")["date"] == "2023-05-12"


def test_the_newest_exchange_is_taken_back(memory: memlora.Memory) -> None:
    memory.add("*Tom lives in Zwolle*", user_id="tom")
    memory.add("*Tom owns a Volvo*", user_id="tom")
    assert memory.undo("tom") == {"said": ["*Tom owns a Volvo*"], "forgotten": [2], "restored": []}
    assert [row["memory"] for row in memory.get_all("tom")["results"]] == ["Tom lives in Zwolle"]
    with pytest.raises(memlora.ConfigError, match="nothing to undo"):
        memory.undo("bob")


def test_an_id_of_another_user_is_not_found(memory: memlora.Memory) -> None:
    (event,) = memory.add("*Tom lives in Zwolle*", user_id="tom")["results"]
    for call in (memory.get, memory.delete, memory.history):
        with pytest.raises(memlora.ConfigError):
            call(event["id"], user_id="eve")
    with pytest.raises(memlora.ConfigError):
        memory.update(event["id"], "Tom lives nowhere", user_id="eve")
    assert memory.get(event["id"], user_id="tom")["memory"] == "Tom lives in Zwolle"


KEPT = {"agent_id": "butler", "run_id": "r1", "metadata": {"topic": "home", "floor": 3, "own": True, "rent": 812.5}}


def test_what_is_kept_beside_a_memory_is_given_and_found(memory: memlora.Memory) -> None:
    memory.add("*Tom lives in Zwolle*", user_id="tom", **KEPT)  # type: ignore[arg-type]
    memory.add("*Tom lives with Ann*", user_id="tom", run_id="r2", metadata={"topic": "people", "floor": 1})
    home, people = memory.get_all(user_id="tom")["results"]
    assert {key: home[key] for key in KEPT} == KEPT
    assert (people["agent_id"], people["run_id"], people["metadata"]) == (None, "r2", {"topic": "people", "floor": 1})
    for filters, wanted in (
        ({"run_id": "r1"}, [home]),
        ({"run_id": "r2", "metadata": {"topic": "home"}}, []),
        ({"metadata": {"floor": 1.0}}, [people]),
        ({"metadata": {"floor": True}}, []),
        ({"metadata": {"own": 1}}, []),
        ({"metadata": {"topic": "home", "own": True}}, [home]),
        ({"metadata": {"garden": "big"}}, []),
        ({"agent_id": "cook"}, []),
        ({}, [home, people]),
        (None, [home, people]),
    ):
        assert memory.get_all(user_id="tom", filters=filters)["results"] == wanted
        found = memory.search("Where does Tom live?", user_id="tom", filters=filters)["results"]
        assert sorted(row["id"] for row in found) == [row["id"] for row in wanted]
    assert memory.update(home["id"], "Tom lives in Deventer", user_id="tom")["metadata"] == KEPT["metadata"]


def test_a_filter_finds_what_many_nearer_ones_hide(memory: memlora.Memory) -> None:
    for place in range(90):
        memory.add(f"Tom lives in Zwolle {place}", user_id="tom", infer=False)
    memory.add("Ann sings far away", user_id="tom", infer=False, run_id="r1")
    query = "Tom lives in Zwolle"
    assert "Ann" not in str(memory.search(query, user_id="tom", limit=2))
    (found,) = memory.search(query, user_id="tom", limit=2, filters={"run_id": "r1"})["results"]
    assert found["memory"] == "Ann sings far away"
    assert memory.search(query, user_id="tom", limit=2, threshold=0.9, filters={"run_id": "r1"})["results"] == []


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda m: m.get_all("tom", filters={"topic": "home"}),
            "wrong filter: expected agent_id, run_id, metadata, got",
        ),
        (lambda m: m.search("home", "tom", filters={"run_id": None}), "wrong filter: expected a value under run_id"),
        (lambda m: m.get_all("tom", filters={"metadata": "home"}), "wrong metadata: expected names with values"),
        (lambda m: m.add("hello", "tom", metadata={"topic": ["home"]}), "expected metadata of names with texts"),
        (lambda m: m.add("hello", "tom", metadata={"size": float("nan")}), "expected metadata of names with texts"),
        (lambda m: m.add("hello", "tom", metadata={"size": 2**70}), "expected metadata of names with texts"),
        (lambda m: m.add("hello", "tom", metadata={3: "x"}), "expected metadata of names with texts"),
        (lambda m: m.add("hello", "tom", metadata={"topic": "x" * 5000}), "expected metadata of at most 4096 bytes"),
        (lambda m: m.add("hello", "tom", run_id=""), "expected run_id as a text of 1 to 256 bytes"),
        (lambda m: m.add("hello", "tom", agent_id=7), "expected agent_id as a text of 1 to 256 bytes"),
        (lambda m: m.get_all("tom", limit=-1), "wrong limit: expected how many"),
    ],
)
def test_what_cannot_be_kept_or_asked_is_one_sentence(
    memory: memlora.Memory, call: Callable[[memlora.Memory], object], sentence: str
) -> None:
    with pytest.raises(memlora.ConfigError, match=sentence) as refusal:
        call(memory)
    assert "\n" not in str(refusal.value)
    assert memory.get_all("tom")["results"] == []


def test_texts_are_kept_as_they_are_without_a_model(tmp_path: Path) -> None:
    embedder, script = WordEmbedder(), Script()
    memory = memlora.Memory(inner.Memory(script, embedder, Store(tmp_path / "m.db", embedder)))
    said = [{"role": "user", "content": "My doorcode is 4711"}, {"role": "assistant", "content": "Noted."}]
    added = memory.add(said, user_id="tom", infer=False, metadata={"topic": "home"})
    texts = ["My doorcode is 4711", "Noted."]
    assert [(row["event"], row["memory"]) for row in added["results"]] == [("ADD", text) for text in texts]
    assert memory.add(said, user_id="tom", infer=False)["status"] == "empty"
    assert [row["source"] for row in memory.get_all(user_id="tom")["results"]] == ["user", "assistant"]
    assert script.seen == []
    assert memory.add("nothing of note", user_id="tom")["status"] == "empty"
    assert memory.add("nothing of note", user_id="tom", infer=False)["results"][0]["memory"] == "nothing of note"


def test_what_an_agent_or_a_run_brought_is_forgotten(memory: memlora.Memory, tmp_path: Path) -> None:
    for place, agent, run in (("Zwolle", "butler", "r1"), ("Kampen", "butler", "r2"), ("Deventer", "cook", "r1")):
        memory.add(f"*Tom once lived in {place}*", user_id="tom", agent_id=agent, run_id=run)
    memory.add("*Tom sings*", user_id="tom")
    memory.add("*Eve lives in Kampen*", user_id="eve", agent_id="butler", run_id="r1")

    def kept(user: str = "tom") -> list[str]:
        return [row["memory"].split()[-1] for row in memory.get_all(user)["results"]]

    memory.delete_all("tom", run_id="r3")
    assert kept() == ["Zwolle", "Kampen", "Deventer", "sings"]
    memory.delete_all("tom", "butler", "r1")
    assert kept() == ["Kampen", "Deventer", "sings"]
    assert not any(b"Zwolle" in file.read_bytes() for file in tmp_path.iterdir())
    memory.delete_all("tom", run_id="r1")
    memory.delete_all("tom", agent_id="butler")
    assert (kept(), kept("eve")) == (["sings"], ["Kampen"])
    with pytest.raises(memlora.ConfigError, match="expected run_id as a text of 1 to 256 bytes"):
        memory.delete_all("tom", run_id="")
    with pytest.raises(memlora.ConfigError, match="no user bob"):
        memory.delete_all("bob", run_id="r1")
    memory.delete_all("tom")
    assert (kept(), kept("eve")) == ([], ["Kampen"])


def test_a_past_memory_of_a_run_is_forgotten_with_it(tmp_path: Path) -> None:
    embedder, moved = WordEmbedder(), MemoryEvent("0", "Tom moved to Kampen", "UPDATE")
    script = Script(update=lambda _given: [moved])
    memory = memlora.Memory(inner.Memory(script, embedder, Store(tmp_path / "m.db", embedder)))
    memory.add("*Tom lives in Zwolle*", user_id="tom", run_id="r1")
    memory.add("*Tom moved to Kampen*", user_id="tom", run_id="r2")
    memory.delete_all("tom", run_id="r1")
    assert [row["memory"] for row in memory.get_all("tom")["results"]] == ["Tom moved to Kampen"]
    assert not any(b"Zwolle" in file.read_bytes() for file in tmp_path.iterdir())


def test_reset_forgets_everyone(memory: memlora.Memory, tmp_path: Path) -> None:
    memory.add("*Tom lives in Zwolle*", user_id="tom", metadata={"topic": "xyloquartz"})
    memory.add("*Eve lives in Kampen*", user_id="eve")
    memory.reset()
    assert (memory.get_all("tom"), memory.get_all("eve")) == ({"results": []}, {"results": []})
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(word in held for word in (b"Zwolle", b"Kampen", b"xyloquartz", b"tom"))
    assert memory.add("*Tom lives in Zwolle*", user_id="tom")["status"] == "stored"


def test_an_answer_comes_in_pieces(memory: memlora.Memory) -> None:
    memory.add("*Tom lives in Zwolle*", user_id="tom")
    with closing(memory.ask("Where does Tom live?", user_id="tom", stream=True)) as stream:
        assert "".join(stream) == "Tom lives in Zwolle"
        assert stream.answer.to_json() == memory.ask("Where does Tom live?", user_id="tom")

    async def ask() -> tuple[str, memlora.Answer]:
        async with memlora.AsyncMemory(memory) as shared:
            pieces = shared.ask("Where does Tom live?", user_id="tom", stream=True)
            text = "".join([piece async for piece in pieces])
            assert (await shared.ask("Where does Tom live?", user_id="tom"))["answer"] == text
            left = shared.ask("Where does Tom live?", user_id="tom", stream=True)
            await left.aclose()
            assert [piece async for piece in left] == []
            return text, pieces.answer

    text, answer = asyncio.run(ask())
    assert text == answer.text == "Tom lives in Zwolle"


def test_event_loops(memory: memlora.Memory) -> None:
    async def talk() -> list[str]:
        async with memlora.AsyncMemory(memory) as shared:
            await asyncio.gather(*(shared.add(f"*fact {i} of Tom*", user_id="tom") for i in range(8)))
            return sorted(row["memory"] for row in (await shared.get_all(user_id="tom"))["results"])

    assert asyncio.run(talk()) == [f"fact {i} of Tom" for i in range(8)]


def test_the_calls_of_event_loops_are_those_of_threads() -> None:
    """Every public call, with its arguments; each awaitable with the docstring that says what it gives."""
    names = [name for name, call in vars(memlora.Memory).items() if inspect.isfunction(call) and name[0] != "_"]
    pairs = [(getattr(memlora.Memory, name), getattr(memlora.AsyncMemory, name)) for name in names]
    for call, awaitable in [*pairs, (memlora.open, memlora.AsyncMemory.open)]:
        assert inspect.signature(awaitable).parameters == inspect.signature(call).parameters
        assert awaitable.__doc__ == call.__doc__ or call is memlora.Memory.ask


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
