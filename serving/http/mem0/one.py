"""One memory by its id: shown, changed, forgotten, its history and what it came from."""

from typing import Any

from runtime_py.memory import Memory
from runtime_py.store import StoredMemory
from serving.http.access import Caller
from serving.http.app_state import State
from serving.http.body import Body, read_body
from serving.http.errors import RequestError
from serving.http.mem0.parameters import not_found, read_id
from serving.http.mem0.rows import to_change, to_row, to_turn

_KEPT = ("metadata", "timestamp", "expiration_date")
_OWNER = "SELECT users.name FROM memories JOIN users ON users.id = user_id WHERE memories.id = ?"


def owned(memory: Memory, caller: Caller, given: object, include_past: bool = True) -> StoredMemory:
    """The memory with this id, if the caller may see it; Mem0's clients name no user here. Raises `RequestError`."""
    number = read_id(given)
    owner = [str(row[0]) for row in memory.store.rows(_OWNER, number)]
    is_his = owner and (caller.is_anyone or owner[0] == caller.user)
    found = memory.store.memory(owner[0], number, include_past) if is_his else None
    if found is None:
        raise not_found()
    return found


def rewrite(memory: Memory, caller: Caller, given: object, body: Body) -> dict[str, Any]:
    """The memory in other words. Raises `RequestError` for another change."""
    found = owned(memory, caller, given, include_past=False)
    text = body.get("text", body.get("data", body.get("memory")))
    others = [name for name in _KEPT if body.get(name) is not None]
    if not isinstance(text, str) or others:
        got = others[0] if others else type(text).__name__
        raise RequestError(400, f"wrong change: expected the memory's new text under `text`, got {got}; delete and add")
    memory.update(found.id, text, found.user_id)
    return to_row(owned(memory, caller, given))


async def show(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """A memory, live or past."""
    memory, given = state.opened.memory, request.path_params["memory_id"]
    return await state.worker.read(lambda: to_row(owned(memory, caller, given)))


async def change(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """`{"text": ..}`: the memory in other words."""
    body, given = await read_body(request, state.settings), request.path_params["memory_id"]
    row = await state.worker.run(lambda _gone: rewrite(state.opened.memory, caller, given, body), request)
    return row | {"message": "Memory updated successfully!"}


async def forget(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """Forget a memory, down to the bytes; `delete_linked` forgets also what it superseded."""
    memory, given = state.opened.memory, request.path_params["memory_id"]
    is_chain = request.query_params.get("delete_linked", "").lower() == "true"

    def work() -> None:
        found = owned(memory, caller, given)
        chain = {row.memory_id for row in memory.history(found.id, found.user_id)} if is_chain else set()
        memory.store.forget_memories(found.user_id, sorted({found.id, *chain}))

    await state.worker.read(work)
    return {"message": "Memory deleted successfully!"}


async def history(state: State, request: Any, caller: Caller) -> list[dict[str, Any]]:
    """Every change, oldest first."""
    memory, given = state.opened.memory, request.path_params["memory_id"]

    def work() -> list[dict[str, Any]]:
        found = owned(memory, caller, given)
        turns = memory.store.provenance(found.user_id, found.id)
        return [to_change(row, found.user_id, turns) for row in memory.history(found.id, found.user_id)]

    return await state.worker.read(work)


async def source(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """What was said that a memory came from."""
    memory, given = state.opened.memory, request.path_params["memory_id"]

    def work() -> dict[str, Any]:
        found = owned(memory, caller, given)
        return {"results": [to_turn(turn) for turn in memory.store.provenance(found.user_id, found.id)]}

    return await state.worker.read(work)
