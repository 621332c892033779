"""How an outcome and an answer read in the terminal."""

from collections.abc import Sequence

from rich.text import Text

from runtime_py.memory import Answer, Applied, Empty, Outcome, RecalledTurn, Stored
from runtime_py.store import StoredMemory, StoredPhoto, Undone
from runtime_py.text import format_date

_STYLES = {"ADD": "green", "UPDATE": "yellow", "DELETE": "red", "NONE": "dim"}


def describe(outcome: Outcome) -> list[Text]:
    """A line for each memory that was remembered, changed or forgotten, and for each photo that was kept."""
    kept = [Text(f"kept photo {photo}", "green") for photo in outcome.photos]
    if isinstance(outcome, Stored):
        return kept + [Text(sentence(event), _STYLES[event.event]) for event in outcome.events]
    if isinstance(outcome, Empty):
        return kept or [Text(f"nothing to remember: {outcome.reason}", "dim")]
    return [*kept, Text(f"kept word for word only: {outcome.reason}", "red")]


def sentence(event: Applied) -> str:
    """What happened to one memory."""
    if event.event == "ADD":
        return f"remembered {event.id}: {event.memory}"
    if event.event == "UPDATE":
        return f"changed {event.id}: {event.previous_memory} -> {event.memory}"
    if event.event == "DELETE":
        return f"forgotten {event.id}: {event.memory}"
    return f"known already: {event.memory}"


def describe_undone(undone: Undone, restored: Sequence[StoredMemory]) -> list[Text]:
    """What was said is taken back, what came of it is gone, and how the others read again."""
    lines = [Text(f"taken back: {' '.join(text.split())}", "red") for text in undone.said]
    lines += [Text(f"forgotten {memory}", "red") for memory in undone.forgotten]
    return lines + [Text(f"as before {memory.id}: {memory.text}", "yellow") for memory in restored]


def describe_answer(answer: Answer) -> list[Text]:
    """The answer; the turn that may hold it where it is a refusal; what it was read from."""
    lines = [Text(answer.text, "bold")]
    if answer.photo is not None:
        lines.append(Text(f"  {photo_line(answer.photo.photo)}: {answer.reason}", "dim"))
    if answer.likely is not None:
        lines.append(Text(f"but {said(answer.likely)}", "yellow"))
    lines += [Text(f"  {said(found)}", "dim") for found in answer.used]
    return lines + [Text(f"  {found.memory.id}: {found.memory.text}", "dim") for found in answer.memories]


def photo_line(photo: StoredPhoto) -> str:
    """`photo 3 (2 March 2026) "Our boat"`."""
    day = f" ({format_date(photo.day)})" if photo.day else ""
    return f"photo {photo.id}{day}" + (f' "{photo.caption}"' if photo.caption else "")


def said(found: RecalledTurn) -> str:
    """`you said on 2 March 2026: "..."`."""
    turn = found.turn
    speaker = turn.speaker or ("you" if turn.role == "user" else "the assistant")
    day = f" on {format_date(turn.day)}" if turn.day else ""
    return f'{speaker} said{day}: "{" ".join(turn.text.split())}"'
