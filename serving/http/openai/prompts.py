"""Mem0's own prompts, told by how they begin: the experts answer what these ask, in the shape that these ask for.

The prompts are those of mem0ai 0.1 to 2.2: facts of a conversation; what becomes of old memories beside new facts; and
since 2.0 both at once, where nothing is changed or ended.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from threading import Event
from typing import Any

from runtime_py.memory import SharedGenerator, decide_events, find_facts
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store import normalise
from serving.http.errors import RequestError
from serving.http.openai.messages import Said
from serving.http.openai.schema import Written, to_messages
from serving.http.worker import progress_of

_FACTS = "You are a Personal Information Organizer"
_FACTS_OF_AGENTS = "You are an Assistant Information Organizer"
_UPDATE = "You are a smart memory manager which controls the memory of a system."
_ADDITIVE = "You are a Memory Extractor"
_SUMMARY = "You are a memory summarization system"
_LINE = re.compile(r"^(user|assistant|system): ", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCED = re.compile(r"```\s*(.*?)\s*```", re.DOTALL)


def recognise(messages: Sequence[Said]) -> Written | None:
    """What answers one of Mem0's prompts; None for any other chat.

    Raises `RequestError` for one that no expert can answer, and for one of ours whose parts cannot be told.
    """
    first, last = messages[0].text.lstrip(), messages[-1].text
    if messages[0].role in ("system", "developer") and len(messages) > 1:
        if first.startswith(_FACTS):
            return _facts(last)
        if first.startswith(_FACTS_OF_AGENTS):  # an assistant without a name tells nobody's facts
            return lambda _generator, _gone: _json({"facts": []})
        if _ADDITIVE in first[:400]:
            return _additions(last)
        if first.startswith(_SUMMARY):
            raise RequestError(
                400, "no summaries: expected facts or questions, got Mem0's procedural prompt; use infer"
            )
    return _changes(last) if last.lstrip().startswith(_UPDATE) else None


def _facts(text: str) -> Written:
    said = to_messages(_lines(text.removeprefix("Input:\n")))

    def write(generator: SharedGenerator, gone: Event) -> str:
        return _json({"facts": _found(generator, said, date.today(), gone)})

    return write


def _additions(text: str) -> Written:
    parts = _sections(text)
    if "New Messages" not in parts:
        raise _unreadable("## New Messages")
    said = to_messages(_lines(parts["New Messages"]))
    day = _day(parts.get("Observation Date", ""))
    known = {normalise(row["text"]) for row in _rows(parts.get("Existing Memories", "[]")) if _has_text(row)}

    def write(generator: SharedGenerator, gone: Event) -> str:
        facts = [fact for fact in _found(generator, said, day, gone) if normalise(fact) not in known]
        rows = [{"id": str(place), "text": fact, "attributed_to": "user"} for place, fact in enumerate(facts)]
        return _json({"memory": rows})

    return write


def _changes(text: str) -> Written:
    """The last two fenced parts are the old memories (left out where there are none) and the new facts."""
    _, _, own = text.partition("Below is the current content of my memory")
    fenced = _FENCED.findall(own or text[text.rfind("Current memory is empty.") :])
    old = _rows(fenced[0]) if own and fenced else []
    facts = _rows(fenced[1 if own else 0]) if len(fenced) > bool(own) else None
    if facts is None or not all(isinstance(fact, str) for fact in facts) or not all(map(_has_text, old)):
        raise _unreadable("old memories and new facts between triple backticks")
    places = {normalise(row["text"]): row for row in old}
    known = [row for fact in facts if (row := places.get(normalise(fact))) is not None]
    given = UpdateInput(
        tuple(row["text"] for row in old), tuple(fact for fact in facts if normalise(fact) not in places)
    )

    def write(generator: SharedGenerator, _gone: Event) -> str:
        events = decide_events(generator, given).value if given.facts else []
        stays = [MemoryEvent(str(old.index(row)), row["text"], "NONE") for row in known]
        return _json({"memory": list(_changed([*stays, *events], old))})

    return write


def _changed(events: Sequence[MemoryEvent], old: Sequence[Any]) -> Iterator[dict[str, str]]:
    """Events as rows: an old memory has the id that it came with, each new one the next number."""
    added = len(old)
    for event in events:
        place = int(event.id) if event.id.isdecimal() else len(old)
        if event.event == "ADD" or place >= len(old):
            yield {"id": str(added), "text": event.text, "event": event.event}
            added += 1
        else:
            row = {"id": str(old[place].get("id", place)), "text": event.text, "event": event.event}
            yield row | ({"old_memory": old[place]["text"]} if event.event == "UPDATE" else {})


def _found(generator: SharedGenerator, said: Sequence[Any], day: date | None, gone: Event) -> list[str]:
    return list(find_facts(generator, said, day, progress=progress_of(gone)).facts) if said else []


def _lines(text: str) -> list[tuple[str, str]]:
    """`user: ..` and `assistant: ..`, each over any number of lines; what the system said is left out."""
    starts = [*_LINE.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    rows = [(m.group(1), text[m.end() : end].strip()) for m, end in zip(starts, ends, strict=True)]
    return [(role, said) for role, said in rows if role != "system"] if rows else [("user", text.strip())]


def _sections(text: str) -> dict[str, str]:
    """Parts by their headings; the last heading of a name counts, the text before `# Output:` ends the last part."""
    text = text.rpartition("# Output:")[0] or text
    marks = [*_SECTION.finditer(text)]
    ends = [*(match.start() for match in marks[1:]), len(text)]
    return {m.group(1).strip(): text[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)}


def _rows(text: str) -> list[Any]:
    """A list as JSON or as Python writes it; raises `RequestError` for anything else."""
    readers: tuple[Callable[[str], Any], ...] = (json.loads, ast.literal_eval)
    for read in readers:
        try:
            rows = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(rows, list):
            return rows
    raise _unreadable("a list")


def _has_text(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("text"), str)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return date.today()


def _unreadable(what: str) -> RequestError:
    return RequestError(400, f"a prompt of Mem0 that cannot be read: expected {what}, got another; use its own prompts")


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
