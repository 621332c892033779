"""A server on a free port of this machine, on a scripted generator or on the tiny bundle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime_py.memory import Memory, SharedEmbedder, SharedGenerator
from runtime_py.store import Store
from runtime_py.text import Tokenizer
from tests.conftest import TINY
from tests.runtime_py.script import Script, WordEmbedder

pytest.importorskip("fastapi", reason="fastapi is missing: pip install 'memlora[serve]'")
pytest.importorskip("uvicorn", reason="uvicorn is missing: pip install 'memlora[serve]'")

from serving.http import Opened, Settings, build_app
from serving.http.run import address, bind, build_server


@dataclass(frozen=True)
class Served:
    """A server that runs: where, and what it serves."""

    url: str
    opened: Opened
    app: Any
    stop: Callable[[], None]
    """Ask it to end, and wait until it has."""

    @property
    def opened_at(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def client(self, **named: Any) -> httpx.Client:
        """A client that goes to it alone, whatever the environment says of proxies."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30, **named)


Serve = Callable[..., Served]


@contextmanager
def serving(opened: Opened, settings: Settings) -> Iterator[Served]:
    """Serve until the block ends."""
    with closing(bind(settings)) as listener:
        app = build_app(opened, settings)
        server = build_server(app, settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(20)

        try:
            yield Served(address(listener), opened, app, stop)
        finally:
            stop()
        assert not thread.is_alive()


def scripted(script: Script, path: Path) -> Opened:
    """What is served where no model is needed."""
    embedder = WordEmbedder()
    memory = Memory(script, embedder, Store(path, embedder))
    tokenizer = Tokenizer.from_file(TINY / "tokenizer.json")
    return Opened("script", tokenizer, SharedGenerator(script), SharedEmbedder(embedder), memory)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(script?, **settings)` starts a server of its own; all end with the test."""
    with ExitStack() as stack:

        def start(script: Script | None = None, **settings: Any) -> Served:
            opened = scripted(script or Script(), tmp_path / "store.db")
            return stack.enter_context(serving(opened, Settings(port=0, **settings)))

        yield start
