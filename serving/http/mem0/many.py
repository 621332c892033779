"""Many memories: added, listed, searched, changed and forgotten together."""

from threading import Event
from typing import Any

from runtime_py.memory import Outcome, read_labels
from runtime_py.operations.extract import Message
from serving.http.access import Caller
from serving.http.app_state import State
from serving.http.body import count, field, number, read_body
from serving.http.errors import RequestError, wrong
from serving.http.mem0.one import owned, rewrite
from serving.http.mem0.parameters import read_day, read_lost, read_scope
from serving.http.mem0.rows import to_added, to_page, to_row
from serving.http.openai.messages import join_parts
from serving.http.worker import progress_of

MOST_AT_ONCE = 1000
_MOST_FOUND = 1000
_PAGE = 100


async def add(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """`{"messages", "user_id", "agent_id"?, "run_id"?, "metadata"?, "infer"?, "timestamp"?}`; messages may be one text.

    What an assistant says without a name is nobody's fact; what a system says is left out.
    """
    body = await read_body(request, state.settings)
    scope = read_scope(caller, body)
    labels = read_labels(scope.labels.agent_id, scope.labels.run_id, body.get("metadata"))
    day, is_read = read_day(body.get("timestamp")), field(body, "infer", bool, True)
    messages = read_said(body.get("messages"))

    def work(gone: Event) -> Outcome:
        return state.opened.memory.add(
            messages, scope.user, day, labels=labels, infer=is_read, progress=progress_of(gone)
        )

    return to_added(await state.worker.run(work, request))


def read_said(given: object) -> list[Message]:
    """Messages as Mem0's clients send them. Raises `RequestError`."""
    rows = [given] if isinstance(given, str | dict) else given
    if not isinstance(rows, list):
        raise wrong("messages", "a text, a message or a list of messages", given)
    said = []
    for row in rows:
        message = {"role": "user", "content": row} if isinstance(row, str) else row
        role, name = (message.get("role"), message.get("name") or "") if isinstance(message, dict) else (None, "")
        if role not in ("user", "assistant", "system") or not isinstance(name, str):
            raise RequestError(400, "wrong message: expected a role of user, assistant or system, got another; mend it")
        if role != "system":
            said.append(Message(role, name, join_parts(message.get("content"))))
    return said


async def list_all(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """The user's live memories, oldest first, in pages of `page_size`."""
    given = await read_body(request, state.settings) if request.method == "POST" else request.query_params
    scope = read_scope(caller, given)
    query = request.query_params
    page = count(query.get("page", given.get("page")), "page", 1)
    size = count(query.get("page_size", given.get("page_size", given.get("top_k"))), "page_size", _PAGE)
    found = await state.worker.read(lambda: state.opened.memory.get_all(scope.user, scope.filters))
    return to_page([to_row(memory) for memory in found], page, size, request.url.path)


async def search(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """`{"query", "user_id" or "filters", "top_k"?, "threshold"?}`: what fits best, scored from 0 to 1."""
    body = await read_body(request, state.settings)
    scope, query = read_scope(caller, body), field(body, "query", str, "")
    if not query.strip():
        raise RequestError(400, "nothing to look for: expected a text under `query`, got none; give one")
    limit = count(body.get("top_k", body.get("limit")), "top_k", 10)
    threshold = number(body, "threshold", 0.0)
    memory = state.opened.memory
    hits = await state.worker.run(
        lambda _gone: memory.search(query, scope.user, min(limit, _MOST_FOUND), threshold, filters=scope.filters),
        request,
    )
    return {"results": [to_row(hit.memory, hit.score) for hit in hits]}


async def forget_all(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """Forget what was said and remembered of a user, or of an agent or a run of his; somebody must be named."""
    given = request.query_params
    scope = read_lost(caller, given)
    if caller.is_anyone and not given.get("user_id") and "user_id" not in given.get("filters", ""):
        raise RequestError(400, "nobody named: expected the user_id whose memories are to go, got none; name one")
    memory = state.opened.memory

    def work() -> None:
        if memory.store.user_row(scope.user) is not None:  # asked again, nothing is left to do
            memory.delete_all(scope.user, scope.filters)

    await state.worker.read(work)
    return {"message": "Memories deleted successfully!"}


async def change_many(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """`{"memories": [{"memory_id", "text"}]}`: all of them are the caller's, or nothing is done."""
    rows = _batch(await read_body(request, state.settings))
    memory = state.opened.memory

    def work(_gone: Event) -> None:
        with memory.store.writing():
            for row in rows:
                rewrite(memory, caller, row.get("memory_id"), row)

    await state.worker.run(work, request)
    return {"message": f"Successfully updated {len(rows)} memories"}


async def forget_many(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """`{"memories": [{"memory_id"}]}`: all of them are the caller's, or nothing is done."""
    rows = _batch(await read_body(request, state.settings))
    memory = state.opened.memory

    def work() -> None:
        ids: dict[str, list[int]] = {}
        for row in rows:
            found = owned(memory, caller, row.get("memory_id"))
            ids.setdefault(found.user_id, []).append(found.id)
        for user, numbers in ids.items():
            memory.store.forget_memories(user, numbers)

    await state.worker.read(work)
    return {"message": f"Successfully deleted {len(rows)} memories"}


async def undo(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """Take back what the user said last."""
    user = caller.of((await read_body(request, state.settings)).get("user_id"))
    undone = await state.worker.run(lambda _gone: state.opened.memory.undo(user), request)
    forgotten = [str(row) for row in undone.forgotten]
    return {"said": list(undone.said), "forgotten": forgotten, "restored": [str(row) for row in undone.restored]}


def _batch(body: Any) -> list[dict[str, Any]]:
    rows = body.get("memories")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise wrong("memories", "a list of objects with memory_id", rows)
    if len(rows) > MOST_AT_ONCE:
        raise RequestError(400, f"too many memories: expected at most {MOST_AT_ONCE}, got {len(rows)}; send parts")
    return rows
