"""Endpoints that refuse rows, take other parameters, answer too much or too slowly; and keys, which stay hidden."""

import asyncio
import gzip
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from distill.teachers import TeacherError, label_datasets
from distill.teachers.endpoint import MOST_ANSWER_BYTES, EndpointConfig, RetryError, post
from distill.teachers.openai import OpenAITeacher
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_examples, read_manifest, write_example
from tests.distill.endpoint import Endpoint, Serve, completion, serve

__all__ = ["serve"]
EXTRACT = operations.get("extract")
KEY = "sk-very-secret-0123"
GOOD = '{"facts":["Maria lives in Kluvo"]}'


def example(name: str) -> Example:
    message = {"role": "user", "speaker": "Maria", "text": f"I live in Kluvo, row {name}."}
    return Example(name, {"date": "2023-05-12", "messages": [message]}, GOOD)


def teacher(url: str, cache: Path, **given: Any) -> OpenAITeacher:
    settings = {"attempts": 2, "backoff_s": 0.001, "timeout_s": 5.0} | given
    return OpenAITeacher(EndpointConfig(url, "m", "MEMLORA_TEST_KEY", **settings), cache)


def is_about(body: dict[str, Any], row: str) -> bool:
    return f"row {row}." in body["messages"][-1]["content"]


NULL = completion(None)
FILTERED = 400, b'{"error": {"code": "content_filter", "message": "filtered"}}'
TOO_LONG = 400, b'{"error": {"code": "context_length_exceeded", "message": "too long"}}'


@pytest.mark.parametrize("trouble", [NULL, FILTERED, TOO_LONG, completion("")])
def test_one_row_without_an_answer_is_dropped_and_counted(
    serve: Serve, tmp_path: Path, trouble: tuple[int, bytes]
) -> None:
    endpoint = serve(lambda _at, body: trouble if is_about(body, "three") else completion(GOOD))
    source = tmp_path / "source" / "extract"
    source.mkdir(parents=True)
    for split in ("train", "validation"):
        rows = [example(name) for name in ("one", "two", "three", "four")]
        (source / f"{split}.jsonl").write_text("".join(write_example(row) + "\n" for row in rows))
    asked = teacher(endpoint.url, tmp_path / "answers")
    label_datasets(tmp_path / "source", asked, tmp_path / "out", ["extract"])
    assert [row.id for row in read_examples(tmp_path / "out" / "extract" / "train.jsonl")] == ["one", "two", "four"]
    counts = read_manifest(tmp_path / "out" / "extract")["facts"]["rows"]["train"]
    assert counts == {"kept": 3, "events removed": 0, "dropped: empty": 1}
    before = len(endpoint.requests)
    asked.label(EXTRACT, [example("three")])
    assert len(endpoint.requests) == before == 4, "a refusal is kept as well: no row is asked for twice"


def modern(_at: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
    """Takes `max_completion_tokens` and no temperature but its own."""
    if "max_tokens" in body:
        error = {"code": "unsupported_parameter", "param": "max_tokens", "message": "Use 'max_completion_tokens'."}
        return 400, json.dumps({"error": error}).encode()
    if body.get("temperature", 1) != 1:
        error = {"code": "unsupported_value", "message": "Unsupported value: 'temperature' does not support 0"}
        return 400, json.dumps({"error": error}).encode()
    return completion(GOOD)


def test_parameters_that_a_model_does_not_take_are_left_out(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve(modern)
    rows = [example(str(i)) for i in range(5)]
    assert teacher(endpoint.url, tmp_path, concurrency=1, attempts=1).label(EXTRACT, rows) == [GOOD] * 5
    assert len(endpoint.requests) == 2 + 5
    assert set(endpoint.requests[-1]) == {"model", "messages", "max_completion_tokens"}
    assert teacher(endpoint.url, tmp_path).label(EXTRACT, rows) == [GOOD] * 5
    assert len(endpoint.requests) == 7, "the cache knows the request as it was meant"


def test_a_refusal_that_stays_is_an_error(serve: Serve, tmp_path: Path) -> None:
    body = b'{"error": {"param": "max_tokens", "message": "max_tokens is too large"}}'
    endpoint = serve(lambda _at, _body: (400, body))
    with pytest.raises(TeacherError, match=r"got 400 .*too large"):
        teacher(endpoint.url, tmp_path, concurrency=1).label(EXTRACT, [example("1")])
    assert len(endpoint.requests) == 2


def test_half_a_letter_does_not_stop_a_run(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve(lambda _at, _body: (200, b'{"choices":[{"message":{"content":"a\\ud800b"}}]}'))
    assert teacher(endpoint.url, tmp_path).label(EXTRACT, [example("1")]) == ["a?b"]


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_key_that_the_server_writes_back_stays_hidden(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("MEMLORA_TEST_KEY", f"  {KEY}\n")
    endpoint = serve(lambda _at, _body: (status, completion(f"your key {KEY}\x1b[31m")[1]))
    asked = teacher(endpoint.url, tmp_path)
    if status == 200:
        assert asked.label(EXTRACT, [example("1")]) == ["your key ***\x1b[31m"]
    else:
        with pytest.raises(TeacherError) as refused:
            asked.label(EXTRACT, [example("1")])
        assert KEY not in str(refused.value)
        assert "\x1b" not in str(refused.value)
    assert set(endpoint.keys) == {f"Bearer {KEY}"}
    assert KEY not in json.dumps(dict(asked.description))
    assert not any(KEY in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("key", [f"{KEY}\nX-Other: 1", f"{KEY} two", f"{KEY}é", f"{KEY}\x00".replace("\x00", "\x07")])
def test_a_key_that_no_header_carries_is_refused_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("MEMLORA_TEST_KEY", key)
    with pytest.raises(ConfigError, match=r"\$MEMLORA_TEST_KEY: expected a key of visible ASCII") as refused:
        teacher("https://api.example", tmp_path).label(EXTRACT, [example("1")])
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [f"https://me:{KEY}@api.example/v1", f"https://{KEY}@api.example", f"https://api.example/v1?key={KEY}",
     f"ftp://{KEY}.example", f"https://:{KEY}", f"https://[{KEY}", f"https://api.example/#{KEY}"],
)  # fmt: skip
def test_credentials_in_a_url_are_refused_unseen(url: str) -> None:
    with pytest.raises(ConfigError, match="teacher url") as refused:
        EndpointConfig(url, "m")
    assert KEY not in str(refused.value)


def test_a_key_goes_over_http_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for url in ("http://localhost:1/v1", "http://127.0.0.1:1", "http://[::1]:1", "https://api.example"):
        assert EndpointConfig(url, "m").read_key() == KEY
    for url in ("http://api.example/v1", "http://10.0.0.2", "http://localhost.example"):
        with pytest.raises(ConfigError, match="expected https:// for a key") as refused:
            EndpointConfig(url, "m").read_key()
        assert KEY not in str(refused.value)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert EndpointConfig("http://api.example/v1", "m").read_key() is None


def test_answers_are_for_their_owner_alone(serve: Serve, tmp_path: Path) -> None:
    teacher(serve(lambda _at, _body: completion(GOOD)).url, tmp_path).label(EXTRACT, [example("1")])
    (path,) = tmp_path.rglob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_cache_without_a_place_is_an_error(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file")
    with pytest.raises(TeacherError, match="expected a folder to write to"):
        teacher(serve(lambda _at, _body: completion(GOOD)).url, tmp_path / "answers").label(EXTRACT, [example("1")])


class Raw:
    """Answers every request with `pieces` of bytes, `pause_s` after each; over TLS with a `certificate`."""

    def __init__(self, headers: dict[str, str], pieces: list[bytes], pause_s: float, certificate: Path | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for piece in pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()
                        time.sleep(pause_s)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the client has had enough

            def log_message(self, *_given: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def raw() -> Iterator[Any]:
    opened: list[Raw] = []

    def start(headers: dict[str, str], pieces: list[bytes], pause_s: float = 0, certificate: Path | None = None) -> Raw:
        opened.append(Raw(headers, pieces, pause_s, certificate))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def test_an_answer_that_drips_ends_with_the_attempt(raw: Any, tmp_path: Path) -> None:
    server = raw({}, [b" "] * 100, 0.05)
    begin = time.monotonic()
    with pytest.raises(TeacherError, match=r"within 1 attempts of 0\.3 s, got no whole answer in 0\.3 s"):
        teacher(server.url, tmp_path, attempts=1, timeout_s=0.3).label(EXTRACT, [example("1")])
    assert time.monotonic() - begin < 2


def test_a_compressed_answer_is_refused_unread(raw: Any, tmp_path: Path) -> None:
    server = raw({"Content-Encoding": "gzip"}, [gzip.compress(bytes(50_000_000))])
    with pytest.raises(TeacherError, match="expected an uncompressed answer, got 'gzip'"):
        teacher(server.url, tmp_path).label(EXTRACT, [example("1")])


def test_an_endless_answer_is_cut(raw: Any, tmp_path: Path) -> None:
    server = raw({}, [bytes(1_000_000)] * 100)
    with pytest.raises(TeacherError, match=f"at most {MOST_ANSWER_BYTES} bytes"):
        teacher(server.url, tmp_path).label(EXTRACT, [example("1")])


def test_a_certificate_that_nobody_trusts_is_named(raw: Any, tmp_path: Path) -> None:
    pem = tmp_path / "own.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*made, "-keyout", str(pem), "-out", str(tmp_path / "c.pem")], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (tmp_path / "c.pem").read_bytes())
    server = raw({}, [completion(GOOD)[1]], certificate=pem)
    with pytest.raises(TeacherError, match=r"a certificate that this machine trusts, got another \(self.signed"):
        teacher(server.url, tmp_path / "answers").label(EXTRACT, [example("1")])


def test_errors_of_several_rows_are_one_typed_error(serve: Serve, tmp_path: Path) -> None:
    endpoint = serve(lambda _at, _body: (403, b"no"))
    with pytest.raises(TeacherError, match="got 403 no"):
        teacher(endpoint.url, tmp_path, concurrency=4).label(EXTRACT, [example(str(i)) for i in range(8)])


def test_the_network_is_asked_again(tmp_path: Path) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            await post(client, "http://127.0.0.1:9/chat/completions", {}, 5)

    with pytest.raises(RetryError, match="onnect"):
        asyncio.run(ask())
    assert not os.listdir(tmp_path)
