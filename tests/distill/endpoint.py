"""A local chat endpoint that answers as a test wants, and the completion it usually gives."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Reply = Callable[["Endpoint", dict[str, Any]], tuple[int, bytes]]
Serve = Callable[[Reply], "Endpoint"]


def completion(text: str | None) -> tuple[int, bytes]:
    return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


class Endpoint:
    """A local chat endpoint whose `reply` decides what each request gets."""

    def __init__(self, reply: Reply) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.busy = self.most_busy = 0
        self.headers: dict[str, str] = {}
        lock, endpoint = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    endpoint.requests.append(body)
                    endpoint.keys.append(self.headers.get("Authorization"))
                    endpoint.busy += 1
                    endpoint.most_busy = max(endpoint.most_busy, endpoint.busy)
                status, answer = reply(endpoint, body) if self.path == "/v1/chat/completions" else (404, b"no such")
                with lock:
                    endpoint.busy -= 1
                try:
                    self.send_response(status)
                    for name, value in endpoint.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer)
                except BrokenPipeError:
                    return  # the client gave up waiting

            def log_message(self, *_given: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def seen(self, body: dict[str, Any]) -> int:
        """How often this very request has come so far."""
        return self.requests.count(body)


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], Endpoint]]:
    opened: list[Endpoint] = []

    def start(reply: Reply) -> Endpoint:
        opened.append(Endpoint(reply))
        return opened[-1]

    yield start
    for endpoint in opened:
        endpoint.close()
