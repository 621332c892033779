"""`memlora chat`: a terminal conversation beside which the memory is seen at work."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import date as Date
from itertools import chain
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.text import Text

from memlora_cli.memory.events import describe, describe_answer, describe_undone
from memlora_cli.memory.lines import is_typed, read_lines
from memlora_cli.opening import (
    BundleArgument,
    DateOption,
    EngineOption,
    JsonOption,
    StoreOption,
    UserOption,
    open_memory,
    read_date,
)
from memlora_cli.terminal import print_json, results
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError
from runtime_py.memory import Answer, AnswerStream, Memory
from runtime_py.memory.rules import read_line
from runtime_py.operations.extract import Message
from runtime_py.operations.generator import OnText

_HELP = "Tell me something, or ask. /memories lists, /forget ID forgets, /undo takes the last one back, /quit ends."


def chat(
    bundle: BundleArgument,
    store: StoreOption = None,
    user: UserOption = "me",
    speaker: Annotated[str, typer.Option(help="Your name, as memories should tell it.")] = "",
    date: DateOption = "today",
    engine: EngineOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Talk: a question is answered, anything else is remembered. Also reads piped lines."""
    day = read_date(date)
    with open_memory(bundle, store, engine) as memory:
        on_piece = _write if results().is_terminal and not json else None
        talk = Talk(memory, user, speaker or (user if user != "me" else ""), day, on_piece)
        if is_typed():
            results().print(_HELP)
        for line in read_lines():
            if line == "/quit":
                return
            for row in talk.take(line):
                _show(row, json)


class Talk:
    """One side of a conversation; `take` gives what each line leads to, as JSON objects.

    With `on_piece` each answer is told to it while it is written, and a line's end after it.
    """

    def __init__(
        self, memory: Memory, user: str, speaker: str, day: Date | None, on_piece: Callable[[str], None] | None = None
    ) -> None:
        self._memory, self._user, self._speaker, self._day = memory, user, speaker, day
        self._on_piece = on_piece
        self._session = f"chat {uuid4()}"  # what is said again in a conversation is news: it may undo what came between
        self._said = 0

    def take(self, line: str) -> Iterator[dict[str, Any]]:
        """A statement is remembered, a question answered, a line with a slash obeyed; nothing is forgotten by words."""
        if line.startswith("/"):
            yield self._obey(line)
            return
        spoken = read_line(line)
        said, asked = spoken.said, spoken.asked
        if said:
            message = Message("user", self._speaker, said)
            outcome = self._memory.add([message], self._user, self._day, self._session, str(self._said))
            self._said += 1
            yield {"said": said, **outcome.to_json(), "lines": describe(outcome)}
        if asked:
            yield self._answered(asked)
        if spoken.forget:
            found = [f"{f.memory.id}: {f.memory.text}" for f in self._memory.search(spoken.forget, self._user, 3)]
            lines = [Text("nothing like that is remembered" if not found else "/forget ID forgets one of these:")]
            yield {"to_forget": spoken.forget, "memories": found, "lines": lines + [Text(text) for text in found]}

    def _answered(self, asked: str) -> dict[str, Any]:
        try:
            answer = self._answer(asked)
        except ConfigError as e:  # too long to be read, say: the conversation goes on
            return {"question": asked, "error": str(e), "lines": [Text(str(e), "red")]}
        lines = describe_answer(answer)[1 if self._on_piece else 0 :]
        return {"question": asked, **answer.to_json(), "lines": lines}

    def _answer(self, asked: str) -> Answer:
        def ask(on_text: OnText | None = None) -> Answer:
            return self._memory.ask(asked, self._user, asked_on=self._day, asker=self._speaker, on_text=on_text)

        if self._on_piece is None:
            return ask()
        with closing(AnswerStream(ask)) as stream:
            for piece in chain(stream, ["\n"]):
                self._on_piece(piece)
            return stream.answer

    def _obey(self, line: str) -> dict[str, Any]:
        command, _, rest = line.partition(" ")
        try:
            if command == "/memories":
                found = [f"{memory.id}: {memory.text}" for memory in self._memory.get_all(self._user)]
                return {"memories": found, "lines": [Text(text) for text in found or ["no memories yet"]]}
            if command == "/undo":
                undone = self._memory.undo(self._user)
                restored = self._memory.store.memories_by_id(self._user, undone.restored)
                return {**asdict(undone), "lines": describe_undone(undone, restored)}
            if command == "/forget" and rest.strip().isdecimal():
                self._memory.delete(int(rest), self._user)
                return {"forgotten": int(rest), "lines": [Text(f"forgotten {int(rest)}", "red")]}
        except ConfigError as e:
            return {"error": str(e), "lines": [Text(str(e), "red")]}
        return {"error": f"unknown command {line!r}", "lines": [Text(_HELP)]}


def _write(piece: str) -> None:
    results().print(Text(piece, "bold"), end="")


def _show(row: dict[str, Any], as_json: bool) -> None:
    lines = row.pop("lines")
    if as_json:
        print_json(row)
        return
    for line in lines:
        results().print(line)
