"""chat, add, ask, search, history and ingest over a scripted generator."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memlora_cli.main import main
from memlora_cli.memory import chat, exchange, ingest
from runtime_py.memory.memory import Memory
from runtime_py.operations import UnparsableError
from runtime_py.operations.update import MemoryEvent
from runtime_py.store import Store, default_store
from tests.runtime_py.script import Script, WordEmbedder

OPENERS = (chat, exchange, ingest)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Script:
    """Commands run in `tmp_path` on this generator instead of a bundle's."""
    script, embedder = Script(), WordEmbedder()

    def open_scripted(_bundle: Path, store: Path | None, _engine: str) -> Memory:
        return Memory(script, embedder, Store(store or default_store(), embedder))

    for module in OPENERS:
        monkeypatch.setattr(module, "open_memory", open_scripted)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMLORA_STORE", "memlora.db")
    return script


def rows(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def type_in(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: False)
    monkeypatch.setattr("sys.stdin", stdin)


@pytest.mark.usefixtures("script")
def test_add_ask_search_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "b", "*Ana lives in Kluvo*", "--date", "2023-05-08", "--json"]) == 0
    assert rows(capsys)[0]["results"] == [
        {"id": 1, "memory": "Ana lives in Kluvo", "event": "ADD", "previous_memory": None}
    ]
    assert main(["ask", "b", "Where does Ana live?", "--json"]) == 0
    assert rows(capsys)[0]["answer"] == "Ana lives in Kluvo"
    assert main(["search", "b", "Kluvo", "--json"]) == 0
    assert rows(capsys)[0]["results"][0]["memory"] == "Ana lives in Kluvo"
    assert main(["search", "b", "Kluvo", "--turns", "--json"]) == 0
    assert rows(capsys)[0]["results"][0]["date"] == "2023-05-08"
    assert main(["history", "1", "--json"]) == 0
    assert [row["event"] for row in rows(capsys)[0]["results"]] == ["ADD"]
    assert main(["history", "--json"]) == 0
    assert len(rows(capsys)[0]["results"]) == 1


@pytest.mark.usefixtures("script")
def test_results_on_stdout_and_comments_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", "b", "*Ana [sings]*"])
    assert capsys.readouterr().out == "remembered 1: Ana [sings]\n"
    main(["ask", "b", "What?"])
    said = capsys.readouterr()
    assert said.out == "Ana [sings]\n"
    assert said.err == "  1: Ana [sings]\n"
    main(["history", "1"])
    assert "ADD: nothing -> Ana [sings]\nfrom turn 1: user: *Ana [sings]*\n" in capsys.readouterr().out


def test_a_failed_add_keeps_the_words(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_given: Any) -> Any:
        raise UnparsableError("expected JSON, got 'sorry'")

    script._operations["extract"] = refuse
    assert main(["add", "b", "*Ana sings*"]) == 1
    assert "kept word for word only: expected JSON" in capsys.readouterr().out
    assert main(["search", "b", "sings", "--turns"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "b", "hi", "--date", "someday"], "wrong date: expected a day like"),
        (["add", "b", "hi", "--role", "tool"], "expected the role user or assistant"),
        (["history", "1"], "no store memlora.db"),
        (["ask", "b", "   "], "expected a question"),
        (["ingest", "b", "nowhere.jsonl"], "expected a readable dialogue file"),
        (["search", "b", "x", "--store", "no/such/folder/s.db"], "folder that does not exist"),
    ],
)
@pytest.mark.usefixtures("script")
def test_mistakes_are_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_chat_remembers_changes_forgets_and_answers(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script._operations["update"] = lambda given: [MemoryEvent("0", given.facts[0], "UPDATE")]
    type_in(
        monkeypatch,
        b"*Ana lives in Kluvo*\n\n*Ana lives in Zorp*. Where does Ana live?\n/memories\n/forget 2\n/forget 2\n"
        b"*Ana lives in Kluvo*\n/nonsense\n/quit\n*never read*\n",
    )
    assert main(["chat", "b"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "remembered 1: Ana lives in Kluvo",
        "changed 2: Ana lives in Kluvo -> Ana lives in Zorp",
        "Ana lives in Zorp",
        "  2: Ana lives in Zorp",
        "2: Ana lives in Zorp",
        "forgotten 2",
        "no memory 2: expected the id of a memory of me, got none; see `memlora search`",
        "remembered 3: Ana lives in Kluvo",
        "Tell me something, or ask. /memories lists, /forget ID forgets, /undo takes the last one back, /quit ends.",
    ]


def test_chat_goes_on_after_a_question_that_is_too_long(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script._room = 1000
    type_in(monkeypatch, b"Where does " + b"my friend " * 200 + b"live?\n*Ana lives in Kluvo*\n")
    assert main(["chat", "b"]) == 0
    refused, told = capsys.readouterr().out.splitlines()
    assert refused.startswith("the question is too long")
    assert told == "remembered 1: Ana lives in Kluvo"


def test_chat_writes_an_answer_as_it_comes(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    script._operations["generate"] = lambda _given: "In\x1b[2J Kluvo"
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    write = chat._write

    def note(piece: str) -> None:
        written.append(piece)
        write(piece)

    monkeypatch.setattr(chat, "_write", note)
    type_in(monkeypatch, b"*Ana lives in Kluvo*\nWhere does Ana live?\n/quit\n")
    assert main(["chat", "b"]) == 0
    assert written == ["In\x1b[2J Kluvo", "\n"]
    assert "In\\x1b[2J Kluvo\n  1: Ana lives in Kluvo\n" in capsys.readouterr().out
    assert main(["chat", "b", "--json"]) == 0
    assert len(written) == 2


@pytest.mark.usefixtures("script")
def test_chat_in_json_and_bytes_that_are_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, b"*Ana likes \xff*\nWhat does Ana like?\n")
    assert main(["chat", "b", "--json"]) == 0
    said, asked = rows(capsys)
    assert said["results"][0]["memory"] == "Ana likes \ufffd"
    assert (asked["question"], asked["answer"]) == ("What does Ana like?", "Ana likes \ufffd")


def test_a_long_text_is_drawn_while_it_is_read(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memlora_cli.terminal._SECONDS_A_LINE", 0.0)  # of a file; what comes faster is told in the end
    assert main(["add", "b", "*Ana sings.*"]) == 0
    assert capsys.readouterr().err == ""
    script._room = 100
    assert main(["add", "b", "*Ana sings in a choir.* *Bob plays the piano.* " * 20]) == 0
    drawn = capsys.readouterr().err
    assert "letters read" in drawn
    assert "groups of facts compared" not in drawn


@pytest.mark.usefixtures("script")
def test_ingest_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [{"id": f"t{n}", "speaker": "AnaBob"[3 * (n % 2) :][:3], "text": f"*fact {n}*"} for n in range(3)]
    dialogue = {
        "format": "memlora.dialogue",
        "version": 1,
        "id": "d1",
        "speakers": ["Ana", "Bob"],
        "sessions": [{"date": "2023-05-08", "time": "13:56", "turns": turns}, {"date": None, "turns": []}],
        "questions": [],
    }
    (tmp_path / "d.jsonl").write_text(json.dumps(dialogue) + "\n")
    assert main(["ingest", "b", "d.jsonl", "--json"]) == 0
    first = rows(capsys)[0]
    assert (first["stored"], first["known"], first["events"]) == (2, 0, {"ADD": 3})
    assert main(["ingest", "b", "d.jsonl", "--json"]) == 0
    assert rows(capsys)[0]["known"] == 2
    assert main(["history"]) == 0
    assert capsys.readouterr().out == "1: fact 0\n2: fact 1\n3: fact 2\n"
    assert main(["ingest", "b", "d.jsonl", "--only", "d2"]) == 2
