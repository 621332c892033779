"""`POST /v1/chat/completions`: a chat with memory, an operation by its schema, or one of Mem0's own prompts."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from threading import Event
from typing import Any

from fastapi.responses import StreamingResponse

from serving.http.access import Caller
from serving.http.app_state import State
from serving.http.body import Body, field, read_body
from serving.http.errors import RequestError, explain
from serving.http.openai.conversation import Reply, Tell, converse
from serving.http.openai.messages import Said, read_chat
from serving.http.openai.prompts import recognise
from serving.http.openai.schema import asked_operation
from serving.http.openai.shapes import DONE, Completion, failure, usage_of
from serving.http.worker import Work

_UNSERVED = ("tools", "functions", "audio", "web_search_options")


async def complete_chat(state: State, request: Any, caller: Caller) -> Any:
    """The whole answer, or with `stream` events of it. Raises `RequestError`."""
    body = await read_body(request, state.settings)
    for name in _UNSERVED:
        if body.get(name):
            raise RequestError(400, f"{name} are not served: expected messages alone, got {name}; leave them out")
    if field(body, "n", int, 1) != 1:
        raise RequestError(400, "wrong n: expected 1 answer, got another number; leave it out")
    options = field(body, "stream_options", dict, {})  # looked at before anything is remembered
    messages = read_chat(body.get("messages"))
    user = caller.of(body.get("user"))
    pieces: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(text: str) -> None:
        loop.call_soon_threadsafe(pieces.put_nowait, text)

    work = _work_of(state, body, messages, user, tell)
    completion = Completion(state.opened.name)
    gone = Event()
    if not field(body, "stream", bool, False):
        reply = await state.worker.run(work, request, gone)
        return completion.whole(reply.text, _usage(state, messages, reply), reply.facts)
    running = asyncio.ensure_future(state.worker.run(work, request, gone))
    running.add_done_callback(lambda _done: pieces.put_nowait(None))
    first = await pieces.get()  # what cannot even be begun has its own status
    if first is None and running.exception() is not None:
        raise running.exception() or RuntimeError

    async def events() -> AsyncIterator[bytes]:
        try:
            yield completion.piece({"role": "assistant", "content": ""})
            piece = first
            while piece is not None:
                yield completion.piece({"content": piece})
                piece = await pieces.get()
            try:
                reply = await running
            except Exception as e:  # noqa: BLE001 - the client is told in its stream
                yield failure(explain(e))
                return
            yield completion.piece({}, "stop", reply.facts)
            if options.get("include_usage"):
                yield completion.usage(_usage(state, messages, reply))
            yield DONE
        finally:
            gone.set()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def _work_of(state: State, body: Body, messages: Sequence[Said], user: str, tell: Tell) -> Work[Reply]:
    """What the request asks of the model."""
    answered = recognise(messages) or asked_operation(body, messages, state.opened.generator.operations)
    if answered is not None:
        if any(said.images for said in messages):
            raise RequestError(
                400, "pictures are for the memory: expected a chat without response_format, got one; leave it out"
            )
        written = answered

        def write(gone: Event) -> Reply:
            text = written(state.opened.generator, gone)
            tell(text)
            return Reply(text)

        return write
    today, is_kept = date.today(), field(body, "store", bool, True)
    return lambda gone: converse(state.opened.memory, user, messages, today, is_kept, tell, gone)


def _usage(state: State, messages: Sequence[Said], reply: Reply) -> dict[str, int]:
    return usage_of(state.opened.tokens(*(said.text for said in messages)), state.opened.tokens(reply.text))
