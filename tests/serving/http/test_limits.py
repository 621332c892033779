"""What a server refuses, gives up and survives: long and slow bodies, crowds, clients that leave, errors of its own."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from runtime_py.errors import ConfigError
from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.generator import Generated, OnText
from serving.http import Settings
from serving.http.run import bind
from tests.runtime_py.script import Script, facts_said, texts
from tests.serving.http.conftest import Serve, Served

QUESTION = {"user": "ana", "messages": [{"role": "user", "content": "Where do I live?"}]}


class Slow(Script):
    """A generator whose answers wait: `begun` says that one runs, `go` lets it end, `ended` counts the ended ones."""

    def __init__(self) -> None:
        super().__init__(generate=self.answer)
        self.begun, self.go, self.ended = threading.Event(), threading.Event(), 0

    def answer(self, _given: GenerateInput) -> str:
        self.begun.set()
        assert self.go.wait(20)
        self.ended += 1
        return "Leeds"


class Talking(Script):
    """A generator that writes until it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.was_ended = threading.Event(), threading.Event()

    def write(self, _operation: str, _given: Any, on_text: OnText) -> Generated:
        text = "a"
        for _ in range(2000):
            text += " b"
            if on_text(text) is False:
                self.was_ended.set()
                return Generated(text, True)
            self.begun.set()
            time.sleep(0.005)
        return Generated(text)


@contextmanager
def connection(served: Served) -> Iterator[socket.socket]:
    with closing(socket.create_connection(served.opened_at, 10)) as opened:
        opened.settimeout(10)
        yield opened


def send(opened: socket.socket, body: bytes, length: int | None = None, path: str = "/v1/chat/completions") -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    opened.sendall(f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body)


def test_a_body_of_100_mb_is_refused_before_it_is_read(serve: Serve) -> None:
    served = serve()
    with connection(served) as opened:
        send(opened, b'{"a"', 100_000_000)
        assert b"413" in opened.recv(65536).split(b"\r\n")[0]
    with served.client() as client:  # one whose length nobody told
        response = client.post(
            "/memories", content=(b" " * 100_000 for _ in range(12)), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 413
        for wrong in (b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000):
            got = client.post("/memories", content=wrong, headers={"Content-Type": "application/json"})
            assert got.status_code == 400
            assert "expected" in got.json()["detail"]


def test_a_body_that_never_ends_is_given_up(serve: Serve) -> None:
    with connection(serve(body_s=0.2)) as opened:
        send(opened, b'{"a"', 100)
        assert b"408" in opened.recv(65536).split(b"\r\n")[0]


def test_a_crowd_is_told_to_come_again(serve: Serve) -> None:
    script = Slow()
    served = serve(script, most_waiting=2)
    with served.client() as client, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(client.post, "/v1/chat/completions", json=QUESTION) for _ in range(2)]
        assert script.begun.wait(10)
        wait_for(lambda: served.app.state.memlora.worker.waiting == 2)
        for stream in (False, True):
            refused = client.post("/v1/chat/completions", json=QUESTION | {"stream": stream})
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) >= 1
        assert client.get("/memories", params={"user_id": "ana"}).status_code == 200  # reading waits for nobody
        script.go.set()
        assert [each.result().status_code for each in waiting] == [200, 200]


def test_what_takes_too_long_is_given_up(serve: Serve) -> None:
    script = Slow()
    served = serve(script, timeout_s=0.2)
    with served.client() as client:
        response = client.post("/v1/chat/completions", json=QUESTION)
        assert response.status_code == 504
        assert "expected an answer within 0.2 s" in response.json()["detail"]
        script.go.set()
        wait_for(lambda: served.app.state.memlora.worker.waiting == 0)
        assert client.post("/v1/chat/completions", json=QUESTION).status_code == 200


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_frees_the_engine(serve: Serve, stream: bool) -> None:
    script = Talking()
    served = serve(script)
    with connection(served) as opened:
        send(opened, json.dumps(QUESTION | {"stream": stream}).encode())
        assert script.begun.wait(10)
    assert script.was_ended.wait(5)
    wait_for(lambda: served.app.state.memlora.worker.waiting == 0)


def test_who_hangs_up_while_waiting_is_never_begun(serve: Serve) -> None:
    script = Slow()
    served = serve(script)
    with served.client() as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, "/v1/chat/completions", json=QUESTION)
        assert script.begun.wait(10)
        with connection(served) as opened:
            send(opened, json.dumps(QUESTION).encode())
            wait_for(lambda: served.app.state.memlora.worker.waiting == 2)
        time.sleep(0.2)
        script.go.set()
        assert first.result().status_code == 200
        wait_for(lambda: served.app.state.memlora.worker.waiting == 0)
    assert script.ended == 1


def test_an_error_of_our_own_says_nothing_of_the_request(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def break_down(given: ExtractInput) -> list[str]:
        raise ValueError(f"a secret: {given.messages[0].text}")

    served = serve(Script(extract=break_down))
    with served.client() as client:
        response = client.post("/memories", json={"messages": "my pin is 1234"})
        assert response.status_code == 500
        assert response.json()["error"]["type"] == "server_error"
        for text in (response.text, caplog.text):
            assert "1234" not in text
            assert "Traceback" not in text
        assert "unforeseen ValueError at" in caplog.text
        assert client.get("/memories").status_code == 200


def test_stopped_it_ends_what_it_has_begun(serve: Serve) -> None:
    """The fixture stops the server while an exchange is being read."""
    begun = threading.Event()

    def read(given: ExtractInput) -> list[str]:
        begun.set()
        time.sleep(0.3)
        return facts_said(given)

    served = serve(Script(extract=read))
    with served.client() as client, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, "/memories", json={"messages": "*kept*", "user_id": "ana"})
        assert begun.wait(10)
        served.stop()
        assert answer.result().status_code == 200
        with pytest.raises(httpx.ConnectError):
            client.get("/memories")


def test_a_port_in_use_and_a_host_of_elsewhere_are_said() -> None:
    with closing(bind(Settings(port=0))) as taken, pytest.raises(ConfigError, match="free port"):
        bind(Settings(port=taken.getsockname()[1]))
    with pytest.raises(ConfigError, match="expected a free port of this machine"):
        bind(Settings("192.0.2.1", 0, {"a" * 16: "ana"}))


def test_several_at_once_are_never_mixed(serve: Serve) -> None:
    served = serve()
    with served.client() as client, ThreadPoolExecutor(8) as pool:

        def tell(place: int) -> int:
            user = f"u{place % 4}"
            return client.post("/memories", json={"messages": f"*{user} {place}*", "user_id": user}).status_code

        assert set(pool.map(tell, range(40))) == {200}
    for user in ("u0", "u1", "u2", "u3"):
        found = texts(served.opened.memory, user)
        assert len(found) == 10
        assert all(text.startswith(user) for text in found)


def wait_for(holds: Any) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "expected it within 10 s"
        time.sleep(0.01)
