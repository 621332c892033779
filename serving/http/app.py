"""The paths, and what holds for all of them: who may call, one shape of errors, nothing of a request in the log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from serving.http import mem0, openai
from serving.http.access import Caller, Doorkeeper
from serving.http.app_state import State
from serving.http.errors import RequestError, explain
from serving.http.opened import Opened
from serving.http.page import show_page
from serving.http.settings import Settings
from serving.http.worker import Worker

Handler = Callable[[State, Any, Caller], Awaitable[Any]]
_MEMORIES = ("/memories", "/v1/memories", "/v2/memories", "/v3/memories")
_ONE = "/{memory_id}"
ROUTES: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("POST", ("/v1/chat/completions",), openai.complete_chat),
    ("POST", ("/v1/embeddings",), openai.embed_texts),
    ("GET", ("/v1/models",), openai.list_models),
    ("GET", ("/v1/ping",), mem0.ping),
    ("POST", ("/memories", "/v1/memories", "/v3/memories/add"), mem0.add),
    ("GET", ("/memories", "/v1/memories"), mem0.list_all),
    ("POST", ("/v2/memories", "/v3/memories"), mem0.list_all),
    ("POST", ("/search", *(f"{path}/search" for path in _MEMORIES)), mem0.search),
    ("DELETE", ("/memories", "/v1/memories"), mem0.forget_all),
    ("PUT", ("/v1/batch",), mem0.change_many),
    ("DELETE", ("/v1/batch",), mem0.forget_many),
    ("GET", tuple(f"{path}{_ONE}/history" for path in _MEMORIES[:2]), mem0.history),
    ("GET", tuple(f"{path}{_ONE}/source" for path in _MEMORIES[:2]), mem0.source),
    ("GET", tuple(path + _ONE for path in _MEMORIES[:2]), mem0.show),
    ("PUT", tuple(path + _ONE for path in _MEMORIES[:2]), mem0.change),
    ("DELETE", tuple(path + _ONE for path in _MEMORIES[:2]), mem0.forget),
    ("GET", ("/users", "/v1/entities"), mem0.list_users),
    ("DELETE", ("/v1/entities/{kind}/{name}", "/v2/entities/{kind}/{name}"), mem0.forget_user),
    ("POST", ("/undo",), mem0.undo),
    ("POST", ("/reset",), mem0.reset),
)


def build_app(opened: Opened, settings: Settings) -> Any:
    """The application; its end closes the store."""
    state = State(opened, settings, Worker(settings.most_waiting, settings.timeout_s))
    doorkeeper = Doorkeeper(settings)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        yield
        state.worker.close()
        opened.memory.close()

    # no pages of documentation: they would load scripts from elsewhere
    app = FastAPI(title="memlora", docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.memlora = state
    for method, paths, handler in ROUTES:
        for path in paths:
            call = _answered(state, doorkeeper, handler)
            app.add_api_route(path, call, methods=[method], summary=(handler.__doc__ or "").split("\n")[0])
            app.add_api_route(f"{path}/", call, methods=[method], include_in_schema=False)
    app.add_api_route("/", _answered_page(doorkeeper), methods=["GET"], include_in_schema=False)
    app.add_exception_handler(404, _unknown_path)
    app.add_exception_handler(405, _unknown_path)
    return app


def _answered(state: State, doorkeeper: Doorkeeper, handler: Handler) -> Callable[[Any], Awaitable[Any]]:
    """`handler` for callers who are admitted; whatever it raises becomes one sentence."""

    async def call(request: Request) -> Any:
        try:
            answer = await handler(state, request, doorkeeper.admit(request))
        except Exception as e:  # noqa: BLE001 - no error leaves as a traceback; `explain` logs what nobody foresaw
            return refuse(explain(e))
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(answer, headers=headers) if isinstance(answer, dict | list) else answer

    return call


def _answered_page(doorkeeper: Doorkeeper) -> Callable[[Any], Awaitable[Any]]:
    async def call(request: Request) -> Any:
        try:
            doorkeeper.check_origin(request.headers.get("host", ""), None)
        except RequestError as e:
            return refuse(e)
        return show_page()

    return call


def refuse(error: RequestError) -> Any:
    """The response to a request that is refused."""
    return JSONResponse(error.to_json(), error.status, headers=error.headers | {"Cache-Control": "no-store"})


async def _unknown_path(request: Request, error: Any) -> Any:
    """An unknown path, or one that knows other methods."""
    status = int(error.status_code)
    got = "another path" if status == 404 else f"{request.method} where it is not served"
    return refuse(RequestError(status, f"not served: expected a path of docs/serving.md, got {got}; see /openapi.json"))
