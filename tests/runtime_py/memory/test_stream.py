"""Answers in pieces: what they join to, what ends them, and that nobody waits for a reader who stopped."""

import gc
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime_py.errors import ConfigError, ContractError
from runtime_py.memory import AnswerStream, Memory
from runtime_py.operations import UnparsableError, get
from runtime_py.operations.generate import UNANSWERABLE, begun
from runtime_py.operations.generator import Generated, OnText
from runtime_py.store import Store
from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.script import Script, WordEmbedder

WAIT_S = 30


class Writer(Script):
    """Writes `text` letter by letter; from letter `waits_at` on it goes on only when `goes` is set."""

    def __init__(self, text: str, waits_at: int | None = None, **others: Any) -> None:
        super().__init__(generate=lambda _given: get("generate").parse(text), **others)
        self.text, self.waits_at = text, waits_at
        self.goes, self.ended = threading.Event(), threading.Event()
        self.written = 0

    def write(self, operation: str, given: Any, on_text: OnText) -> Generated:
        try:
            for end in range(1, len(self.text) + 1):
                if self.waits_at == end:
                    assert self.goes.wait(WAIT_S)
                self.written = end
                if on_text(self.text[:end]) is False:
                    return Generated(self.text[:end], True)
            return self.run(operation, given)
        finally:
            self.ended.set()


def open_memory(folder: Path, generator: Script) -> Memory:
    embedder = WordEmbedder()
    memory = Memory(generator, embedder, Store(folder / "s.db", embedder))
    memory.add("*Ana lives in Kluvo*", "ana")
    return memory


def stream_of(memory: Memory, question: str = "Where does Ana live?") -> AnswerStream:
    return AnswerStream(lambda on_text: memory.ask(question, "ana", on_text=on_text))


@pytest.mark.parametrize("text", [" In  Kluvo, 小明 \n and more", "Kluvo", "  \n ", " \n"])
def test_pieces_join_to_the_answer(tmp_path: Path, text: str) -> None:
    memory = open_memory(tmp_path, Writer(text))
    stream = stream_of(memory)
    pieces = list(stream)
    assert "".join(pieces) == stream.answer.text == memory.ask("Where does Ana live?", "ana").text
    assert all(pieces)
    assert len(pieces) >= (5 if "Kluvo" in text else 1)
    assert list(stream) == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab \n\t\r\u2028é")))
def test_what_has_begun_is_never_taken_back(text: str) -> None:
    try:
        answer = get("generate").parse(text)
    except UnparsableError:
        answer = ""
    told = [begun(text[:end]) for end in range(len(text) + 1)]
    assert all(answer.startswith(part) for part in told)
    assert told == sorted(told, key=len)


def test_a_generator_that_writes_at_once_is_one_piece(tmp_path: Path) -> None:
    stream = stream_of(open_memory(tmp_path, Script()))
    assert list(stream) == ["Ana lives in Kluvo"]
    assert [found.memory.text for found in stream.answer.memories] == ["Ana lives in Kluvo"]


def test_closing_ends_the_writing_and_lets_others_ask(tmp_path: Path) -> None:
    writer = Writer("In Kluvo", waits_at=3)
    memory = open_memory(tmp_path, writer)
    stream = stream_of(memory)
    assert next(stream) == "I"
    stream.close()
    writer.goes.set()
    assert writer.ended.wait(WAIT_S)
    assert writer.written == 3
    assert list(stream) == []
    with pytest.raises(ContractError, match="no answer yet"):
        stream.answer  # noqa: B018
    assert memory.ask("Where does Ana live?", "ana").text == "In Kluvo"


def test_a_dropped_stream_ends_the_writing(tmp_path: Path) -> None:
    writer = Writer("In Kluvo", waits_at=3)
    memory = open_memory(tmp_path, writer)
    for piece in stream_of(memory):
        assert piece == "I"
        break
    gc.collect()
    writer.goes.set()
    assert writer.ended.wait(WAIT_S)
    assert writer.written == 3


def test_a_reader_who_only_waits_holds_nobody_up(tmp_path: Path) -> None:
    memory = open_memory(tmp_path, Writer("In Kluvo"))
    stream = stream_of(memory)
    assert memory.ask("Where does Ana live?", "ana").text == "In Kluvo"
    assert "".join(stream) == "In Kluvo"


def test_closing_wakes_a_reader_who_waits(tmp_path: Path) -> None:
    writer = Writer("In Kluvo", waits_at=1)
    stream = stream_of(open_memory(tmp_path, writer))
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.extend(stream))
    reader.start()
    stream.close()
    reader.join(WAIT_S)
    assert not reader.is_alive()
    assert read == []
    writer.goes.set()


def test_what_goes_wrong_comes_to_the_reader(tmp_path: Path) -> None:
    stream = stream_of(open_memory(tmp_path, Script()), "  ")
    with pytest.raises(ConfigError, match="nothing to answer"):
        next(stream)
    assert list(stream) == []


@pytest.mark.parametrize(("owner", "pieces"), [("Ben", ["red b", "i", "k", "e"]), ("Ann", [UNANSWERABLE])])
def test_nothing_is_told_of_an_answer_that_may_become_a_refusal(tmp_path: Path, owner: str, pieces: list[str]) -> None:
    embedder = WordEmbedder()
    memory = Memory(Writer("red bike", select=keep_all), embedder, Store(tmp_path / "s.db", embedder))
    for name, text in (("Ann", "I got a cat."), ("Ben", "I got a red bike.")):
        memory.add({"role": "user", "content": text, "name": name}, "ana", session=name)
    assert list(stream_of(memory, f"What is {owner}'s?")) == pieces
