"""What a user's message leads to: statements are remembered, questions answered, nothing is forgotten by words."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Event
from typing import Any

from runtime_py.memory import Answer, Empty, Memory, Outcome, Stored
from runtime_py.memory.rules import read_line
from runtime_py.operations.extract import Message
from runtime_py.text import format_date
from serving.http.errors import RequestError
from serving.http.openai.messages import Said
from serving.http.worker import GivenUpError, progress_of

Tell = Callable[[str], None]
"""Is given each piece of a reply."""
_EVENTS = {
    "ADD": "Remembered: {now}",
    "UPDATE": "Changed: {before} -> {now}",
    "DELETE": "No longer so: {now}",
    "NONE": "Known already: {now}",
}


@dataclass
class Reply:
    """What is said back, and what it came from."""

    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """`{"remembered"?: outcome, "answered"?: answer, "to_forget"?: memories}` as the memory gives them."""


def converse(
    memory: Memory, user: str, messages: Sequence[Said], day: date, is_kept: bool, tell: Tell, gone: Event
) -> Reply:
    """The reply to the last of `messages`; with `is_kept` what it states is remembered first.

    A request that is sent again changes nothing: the same words after the same messages on the same day are one
    exchange. Pictures that came with the last one are kept with its statement, or with the question about them. `gone`
    ends the work, which raises `GivenUpError`; what was said is kept all the same. Raises `RequestError` for a picture
    that is not to be kept.
    """
    last, reply = messages[-1], Reply()

    def say(text: str) -> None:
        if text:
            reply.text += text
            tell(text)

    line = read_line(last.text)
    if last.images and not is_kept:
        raise RequestError(400, "a picture is kept before it is looked at: expected no store, got false; leave it out")
    stated = line.said or (last.text if last.images else "")
    if stated and is_kept:
        outcome = memory.add(
            [Message("user", last.name, stated)],
            user,
            day,
            place=_place(messages[:-1]),
            progress=progress_of(gone),
            images=last.images,
        )
        reply.facts["remembered"] = outcome.to_json()
        if not line.asked:
            say(describe(outcome))
    if line.asked:
        answer = _ask(memory, user, line.asked, last.name, day, say, reply, gone)
        reply.facts["answered"] = answer.to_json()
    if line.forget:
        found = memory.search(line.forget, user, 3)
        reply.facts["to_forget"] = [hit.to_json() for hit in found]
        rows = [f"{hit.memory.id}: {hit.memory.text}" for hit in found] or ["nothing like that is remembered"]
        lead = "Words forget nothing; delete one of these:" if found else "Words forget nothing, and"
        say(("\n" if reply.text else "") + "\n".join([lead, *rows]))
    if not reply.text:
        say("Nothing was remembered: the request asks to keep nothing.")
    return reply


def describe(outcome: Outcome) -> str:
    """A line for each photo that was kept, and each memory that was remembered, changed or ended."""
    photos = [f"Kept photo {photo}." for photo in outcome.photos]
    if isinstance(outcome, Stored):
        rows = (_EVENTS[e.event].format(now=e.memory, before=e.previous_memory) for e in outcome.events)
        return "\n".join([*photos, *rows])
    if isinstance(outcome, Empty) and photos:
        return "\n".join(photos)
    if isinstance(outcome, Empty):
        return f"Nothing new to remember: {outcome.reason}."
    return f"Kept word for word only: {outcome.reason}"


def _ask(
    memory: Memory, user: str, question: str, asker: str, day: date, say: Tell, reply: Reply, gone: Event
) -> Answer:
    told = len(reply.text)

    def on_text(text: str) -> bool:
        say(text[len(reply.text) - told :])
        return not gone.is_set()

    answer = memory.ask(question, user, asked_on=day, asker=asker, on_text=on_text)
    if gone.is_set():
        raise GivenUpError
    say(answer.text[len(reply.text) - told :])
    if answer.likely is not None:
        turn = answer.likely.turn
        when = f" on {format_date(turn.day)}" if turn.day else ""
        say(f', but {turn.speaker or "you"} said{when}: "{" ".join(turn.text.split())}"')
    return answer


def _place(before: Sequence[Said]) -> str:
    """Where a message stands in its conversation: what is said again later on is news, what is sent again is not."""
    if not before:
        return ""
    digest = hashlib.sha256()
    for said in before:
        digest.update(f"{said.role}\0{said.name}\0{said.text}\0".encode())
        for image in said.images:
            digest.update(hashlib.sha256(image).digest())
    return digest.hexdigest()[:16]
