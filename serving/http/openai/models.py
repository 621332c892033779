"""`GET /v1/models`: the bundle and its embedder. Requests may name any model; these answer."""

from typing import Any

from serving.http.access import Caller
from serving.http.app_state import State


async def list_models(state: State, _request: Any, _caller: Caller) -> dict[str, Any]:
    """The bundle under its name, and its embedder."""
    names = (state.opened.name, state.opened.embedder.id)
    rows = [{"id": name, "object": "model", "created": 0, "owned_by": "memlora"} for name in names]
    return {"object": "list", "data": rows}
