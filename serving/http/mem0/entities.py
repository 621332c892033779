"""Who is remembered, who is calling, and forgetting somebody."""

from typing import Any

from serving.http.access import Caller
from serving.http.app_state import State
from serving.http.errors import RequestError
from serving.http.settings import ANYONE

_USERS = (
    "SELECT users.id, users.name, count(memories.id), min(memories.created_at), max(memories.updated_at) FROM users "
    "LEFT JOIN memories ON memories.user_id = users.id AND state = 'live' GROUP BY users.id ORDER BY users.id"
)


async def ping(state: State, _request: Any, caller: Caller) -> dict[str, Any]:
    """Who is calling: `user` is the one that a request without a user means. Mem0's client asks for the other ids."""
    return {
        "status": "ok",
        "org_id": "memlora",
        "project_id": "memlora",
        "user_email": None,
        "user": caller.of(None),
        "is_anyone": caller.is_anyone,
        "bundle": state.opened.name,
    }


async def list_users(state: State, _request: Any, caller: Caller) -> dict[str, Any]:
    """The users whom the caller may name, with how much is remembered of each."""
    found = await state.worker.read(lambda: state.opened.memory.store.rows(_USERS))
    rows = [
        {"id": str(row[0]), "name": row[1], "type": "user", "total_memories": row[2]}
        | {"created_at": row[3], "updated_at": row[4]}
        for row in found
        if caller.is_anyone or row[1] == caller.user
    ]
    return {"count": len(rows), "results": rows, "next": None, "previous": None}


async def forget_user(state: State, request: Any, caller: Caller) -> dict[str, Any]:
    """Forget everything of a user; of an agent or a run `DELETE /v1/memories/` forgets the memories."""
    kind, name = request.path_params["kind"], request.path_params["name"]
    if kind != "user":
        raise RequestError(400, f"no entity of the kind {kind:.20}: expected user, got another; delete its memories")
    memory, user = state.opened.memory, caller.of(name)

    def work() -> None:
        if memory.store.user_row(user) is None:
            raise RequestError(404, "no such user: expected one who is remembered, got another; list them")
        memory.delete_all(user)

    await state.worker.read(work)
    return {"message": "Entity deleted successfully!"}


async def reset(state: State, _request: Any, caller: Caller) -> dict[str, Any]:
    """Forget everything of every user; only for one who may name all of them."""
    if caller.user != ANYONE:
        raise RequestError(403, "not yours alone: expected a token for every user, got one of a user; delete your own")
    await state.worker.read(state.opened.memory.reset)
    return {"message": "All memories reset"}
