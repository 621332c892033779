"""Serving until somebody says stop."""

import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import uvicorn

from runtime_py.errors import ConfigError
from serving.http.app import build_app
from serving.http.opened import Opened
from serving.http.settings import Settings


def serve(opened: Opened, settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; requests that run have `stop_s` to end. `on_ready` is told the address.

    Raises `ConfigError` for a host or a port that cannot be had.
    """
    with closing(bind(settings)) as listener:
        app = build_app(opened, settings)
        server = build_server(app, settings)
        if threading.current_thread() is threading.main_thread():
            for kind in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them once more when it is done
                signal.signal(kind, lambda *_: None)
        on_ready(address(listener))
        server.run(sockets=[listener])


def bind(settings: Settings) -> socket.socket:
    """A listening socket; raises `ConfigError`."""
    try:
        family, _, _, _, place = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, OverflowError, UnicodeError) as e:
        raise ConfigError(f"no host {settings.host}: expected one of this machine, got none; name another") from e
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as e:
        listener.close()
        raise ConfigError(
            f"cannot listen on {settings.host}:{settings.port}: expected a free port of this machine, got "
            f"{e.strerror}; name another --port"
        ) from e
    return listener


def address(listener: socket.socket) -> str:
    """`http://127.0.0.1:8417`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def build_server(app: Any, settings: Settings) -> Any:
    """Uvicorn without a log of requests: their addresses may tell what somebody looks for."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=settings.stop_s,
        h11_max_incomplete_event_size=32768,
        ws="none",
        loop="asyncio",
        http="h11",
    )
    return uvicorn.Server(config)
