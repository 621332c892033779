"""What both runtimes are asked to do: hello, golden prompts, a conversation, the store's rows, the end."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from runtime_py.bundle import Bundle
from runtime_py.dialogues import Dialogue
from runtime_py.files import StrictObject, read_lines
from runtime_py.memory import exchanges, to_sessions
from runtime_py.parity.golden import read_golden
from runtime_py.parity.trace.pictured import pictured_conversation, prompt_to_json
from runtime_py.parity.trace.rows import TABLES

PROTOCOL = 2
Request = dict[str, Any]
_CONVERSATION = Path(__file__).with_name("conversation.jsonl")
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)  # the clock of the first request; each next one is a minute later


def conversation(bundle: Bundle | None = None) -> list[Request]:
    """The scripted conversation that comes with memlora, and for a `bundle` that sees the one about pictures."""
    lines = read_lines(_CONVERSATION, "conversation")
    talk = [dict(StrictObject.parse(text, f"{_CONVERSATION.name}:{number}").values) for number, text in lines]
    return talk + (pictured_conversation() if bundle and bundle.manifest.vision else [])


def dialogue_requests(dialogues: Iterable[Dialogue], turns: int) -> list[Request]:
    """The first `turns` turns of dialogues, each for a user of its name, and the questions of those that end."""
    found: list[Request] = []
    left = turns
    for dialogue in dialogues:
        said = sum(len(session.turns) for session in dialogue.sessions)
        found += _exchanges(dialogue, left)
        if said > left:
            break
        left -= said
        found += [
            {"kind": "ask", "user": dialogue.id, "question": question.text, "asker": question.asker}
            for question in dialogue.questions
        ]
    return found


def _exchanges(dialogue: Dialogue, turns: int) -> Iterator[Request]:
    for session, place, messages in exchanges(to_sessions(dialogue)):
        if turns < len(messages):
            return
        turns -= len(messages)
        yield {
            "kind": "add",
            "user": dialogue.id,
            "date": session.moment.strftime("%Y-%m-%d") if session.moment else None,
            "session": session.name,
            "place": place,
            "messages": [{"role": m.role, "name": m.speaker, "content": m.text} for m in messages],
        }


def requests_of(bundle: Bundle, talk: Sequence[Request], goldens: int | None = None) -> list[Request]:
    """Every request in order, numbered from 0; of each operation's golden the first `goldens` prompts, None: all.

    The hello names the bundle and a hash of all that follows, so that an answer to other requests is known as such.
    """
    asked = [*_golden_requests(bundle, goldens), *talk]
    asked += [{"kind": "rows", "table": table} for table in TABLES] if talk else []
    asked += [{"kind": "end"}]
    lines = [{"id": number, "at": _clock(number), **request} for number, request in enumerate(asked, start=1)]
    script = hashlib.sha256("".join(map(to_line, lines)).encode()).hexdigest()
    hello = {"id": 0, "at": _clock(0), "kind": "hello", "protocol": PROTOCOL, "bundle": bundle.sha256, "script": script}
    return [hello, *lines]


def _golden_requests(bundle: Bundle, most: int | None) -> Iterator[Request]:
    for name in bundle.operations:
        if (path := bundle.golden(name)) is not None:
            for prompt in islice(read_golden(path).prompts, most):
                yield {"kind": "golden", "operation": name, "prompt": prompt_to_json(prompt)}


def _clock(number: int) -> str:
    return (_FIRST + timedelta(minutes=number)).isoformat()


def to_line(message: Request) -> str:
    """One line of JSON in UTF-8, with its line feed."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
