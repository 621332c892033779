"""`memlora mcp`: what a client of the protocol sees, in this process and over stdio."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runtime_py.memory import Memory
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder

pytest.importorskip("mcp", reason="the extra mcp is missing: pip install -e '.[mcp]'")

import anyio
from mcp import Client, StdioServerParameters, stdio_client
from mcp_types import CallToolResult

from serving.mcp import make_server

ROOT = Path(__file__).parents[2]
DAY = "2023-05-08"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    embedder = WordEmbedder()
    return Memory(Script(), embedder, Store(tmp_path / "s.db", embedder))


def talk(memory: Memory, calls: Callable[[Client], Awaitable[Any]], speaker: str = "") -> Any:
    """What `calls` gives, with a client of the memory's server in this process."""

    async def run() -> Any:
        async with Client(make_server(memory, "me", speaker, "1.2.3")) as client:
            return await calls(client)

    return anyio.run(run)


def values(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    (shown,) = result.content
    told: dict[str, Any] = json.loads(getattr(shown, "text", ""))
    assert told == result.structured_content
    return told


def test_each_tool_says_what_it_takes_and_gives(memory: Memory) -> None:
    async def calls(client: Client) -> Any:
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.version) == ("memlora", "1.2.3")
        assert "private memory" in (client.instructions or "")
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in talk(memory, calls)}
    assert set(tools) == {"add", "search", "ask", "list", "forget"}
    for tool in tools.values():
        assert tool.description
        assert tool.output_schema
        assert all(value["description"] for value in tool.input_schema["properties"].values())
        assert tool.annotations is not None
        assert tool.annotations.destructive_hint == (tool.name == "forget")
        assert tool.annotations.read_only_hint == (tool.name in {"search", "ask", "list"})


def test_added_found_asked_listed_forgotten(memory: Memory) -> None:
    async def calls(client: Client) -> None:
        added = values(await client.call_tool("add", {"text": "*Ana lives in Kluvo*", "said_on": DAY}))
        change = {"id": 1, "memory": "Ana lives in Kluvo", "event": "ADD", "previous_memory": None}
        assert added == {"status": "stored", "reason": None, "changes": [change]}
        again = values(await client.call_tool("add", {"text": "*Ana lives in Kluvo*", "said_on": DAY}))
        assert (again["status"], again["changes"]) == ("empty", [])
        await client.call_tool("add", {"text": "*Ana owns a Volvo*", "said_on": "8 May 2023"})
        (found, *_) = values(await client.call_tool("search", {"query": "Kluvo"}))["memories"]
        assert (found["id"], found["memory"], found["date"]) == (1, "Ana lives in Kluvo", DAY)
        assert 0 < found["score"] <= 1
        asked = values(await client.call_tool("ask", {"question": "Where does Ana live?", "asked_on": None}))
        assert asked["is_known"]
        assert {"speaker": "", "text": "Ana lives in Kluvo", "date": DAY} in asked["evidence"]
        listed = values(await client.call_tool("list", {}))
        assert [one["id"] for one in listed["memories"]] == [2, 1]
        listed = values(await client.call_tool("list", {"limit": 1, "offset": 1}))
        assert ([one["id"] for one in listed["memories"]], listed["total"]) == ([1], 2)
        assert values(await client.call_tool("forget", {"id": 2})) == {"id": 2, "memory": "Ana owns a Volvo"}
        assert values(await client.call_tool("list", {}))["total"] == 1

    talk(memory, calls)
    memory.close()


def test_who_speaks_is_told(memory: Memory) -> None:
    async def calls(client: Client) -> None:
        await client.call_tool("add", {"text": "*Tom lives in Kluvo*"})
        await client.call_tool("add", {"text": "*Ana lives in Zwolle*", "speaker": "Ana"})

    talk(memory, calls, speaker="Tom")
    assert [turn["speaker"] for turn in memory.store.rows("SELECT speaker FROM turns ORDER BY id")] == ["Tom", "Ana"]


MISTAKES = [
    ("add", {"text": "I moved.", "said_on": "last Friday"}, "wrong said_on: expected a day like 2026-05-12, got 'last"),
    ("ask", {"question": "Where?", "asked_on": "2023-02-30"}, "wrong asked_on: expected a day"),
    ("ask", {"question": "  "}, "nothing to answer: expected a question"),
    ("add", {}, "missing text: expected a value"),
    ("add", {"text": ["I moved."]}, "wrong text: expected a valid string, got ['I moved.']; correct it"),
    ("add", {"text": "I moved.", "date": DAY}, "unknown argument 'date': expected some of text, said_on, speaker"),
    ("search", {"query": "x", "limit": 0}, "wrong limit: expected greater than or equal to 1, got 0; correct it"),
    ("forget", {"id": 7}, "no memory 7: expected the id of a memory of this user"),
    ("forget", {"id": "all"}, "wrong id: expected a valid integer"),
    ("forget", {"id": 10**30}, "no memory 1000"),
]


@pytest.mark.parametrize(("tool", "arguments", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence(memory: Memory, tool: str, arguments: dict[str, Any], sentence: str) -> None:
    async def calls(client: Client) -> CallToolResult:
        return await client.call_tool(tool, arguments)

    result = talk(memory, calls)
    assert result.is_error
    (said,) = [getattr(part, "text", "") for part in result.content]
    assert said.startswith(sentence)
    assert "\n" not in said
    assert len(said) < 250


def test_texts_of_no_language(memory: Memory) -> None:
    async def calls(client: Client) -> None:
        for text in ("", "\x00\x1b[2J", "x" * 5000, "猫" * 50, "a\ud83d\ude00b"):
            for tool, name in (("add", "text"), ("search", "query")):
                values(await client.call_tool(tool, {name: text}))

    talk(memory, calls)


@pytest.mark.slow
def test_over_stdio_on_a_bundle(tiny_bundle: Path, tmp_path: Path) -> None:
    """The command as a client starts it; the log is what it printed elsewhere than into the protocol."""
    command = ["-m", "memlora_cli.main", "mcp", str(tiny_bundle), "--store", str(tmp_path / "s.db")]
    server = StdioServerParameters(command=sys.executable, args=command, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    log = tmp_path / "log.txt"

    async def calls(client: Client) -> None:
        added = values(await client.call_tool("add", {"text": "I live in Kluvo."}))
        assert added["status"] == "stored"
        asked = values(await client.call_tool("ask", {"question": "Where do I live?"}))
        assert "Kluvo" in asked["answer"]
        assert (await client.call_tool("forget", {"id": 99})).is_error
        (memory,) = values(await client.call_tool("list", {}))["memories"]
        assert values(await client.call_tool("forget", {"id": memory["id"]}))["id"] == memory["id"]
        assert values(await client.call_tool("search", {"query": "Kluvo"})) == {"memories": []}

    async def run() -> None:
        with log.open("w") as errors:
            async with Client(stdio_client(server, errors)) as client:
                await calls(client)

    anyio.run(run)
    assert log.read_text() == ""
    assert not any(b"Kluvo" in path.read_bytes() for path in tmp_path.glob("s.db*"))


def test_without_a_bundle_it_says_so_on_stderr(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "memlora_cli.main", "mcp", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
