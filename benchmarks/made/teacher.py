"""A teacher that is none: OpenAI's chat API on this machine, as slow as a model of 120B, that counts.

`python -m benchmarks.made.teacher --port 8123 --speed 20 --trouble 0.05`; `GET /stats` tells the counts, `POST /reset`
forgets them. What it answers follows from the prompt alone, so every run gets the same answers. A client that hangs up
before its answer is ready has not been answered, as with servers that stop generating then.
"""

import argparse
import asyncio
import hashlib
import json
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FIRST_TOKEN_S, TOKEN_S = 0.5, 0.02
"""Of a stream of gpt-oss-120b's size on one node under load: half a second, then 50 tokens a second."""
_LINE = re.compile(r"^(?:user|assistant): (\w+): I (.+?)[.!]?$", re.MULTILINE)
_MEMORY = re.compile(r"^(\d+): (.+)$", re.MULTILINE)
_FACT = re.compile(r"^- (.+)$", re.MULTILINE)
TROUBLES = ("429", "500", "half", "html", "none", "rows")


@dataclass
class Counts:
    """By prompt: how often it came, and how often its whole answer was sent."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    hung_up: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    most_busy: int = 0
    spans: dict[bool, tuple[float, float]] = field(default_factory=dict)

    def time(self, prompt: str) -> None:
        """Spans from the first prompt to the last answer, of updates and of what is asked in bulk before them."""
        now, kind = time.monotonic(), "Input:\nmemories:" in prompt
        self.spans[kind] = self.spans.get(kind, (now, now))[0], now

    def as_json(self) -> dict[str, Any]:
        """Sums."""
        return {
            "requests": self.asked.total(),
            "prompts": len(self.asked),
            "answered": len(self.answered),
            "answered_again": self.answered.total() - len(self.answered),
            "replayed": self.replayed,
            "hung_up": self.hung_up,
            "troubles": dict(self.troubles),
            "most_busy": self.most_busy,
            "seconds": round(sum(last - first for first, last in self.spans.values()), 3),
        }


def answer_to(prompt: str) -> str:
    """Facts of the lines that begin with `I`; of an update the old memory that begins alike is changed."""
    given = prompt.rpartition("Input:\n")[2].removesuffix("\n\nOutput:")
    if not given.startswith("memories:"):
        return json.dumps({"facts": [f"{speaker} {said}" for speaker, said in _LINE.findall(given)]})
    memories, _, facts = given.partition("\nfacts:\n")
    old = _MEMORY.findall(memories)
    rows, free = [], len(old)
    for fact in _FACT.findall(facts):
        same = next((number for number, text in old if text.split()[:3] == fact.split()[:3]), None)
        rows.append({"id": same or str(free), "text": fact, "event": "UPDATE" if same else "ADD"})
        free += same is None
    return json.dumps({"memory": rows})


class FakeTeacher:
    """Serves in a thread of its own. `speed` divides the latency; a share `trouble` of the prompts is answered badly.

    `rows` is an answer about another row, which comes each time; every other trouble comes the first time alone. With
    `replays` it honours `Idempotency-Key`: an answer that was sent is sent again, not made again.
    """

    def __init__(
        self, speed: float = 1000.0, trouble: float = 0.0, kinds: tuple[str, ...] = TROUBLES, replays: bool = False
    ) -> None:
        self.speed, self.trouble, self.kinds = speed, trouble, kinds
        self.sent: dict[str, bytes] | None = {} if replays else None
        self.counts = Counts()
        self.keys: set[str] = set()
        self.url = ""
        self._loop = asyncio.new_event_loop()

    def open(self, port: int = 0) -> "FakeTeacher":
        """Begins to listen on loopback."""
        start = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=1024)
        self._server = self._loop.run_until_complete(start)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()

    def trouble_with(self, digest: str) -> str:
        """What goes wrong with a prompt, empty for nothing."""
        drawn = int(digest[:8], 16) / 2**32
        kind = self.kinds[int(digest[8:12], 16) % len(self.kinds)] if drawn < self.trouble else ""
        return kind if kind == "rows" or self.counts.asked[digest] == 1 else ""

    def seconds(self, digest: str, text: str) -> float:
        """From half to one and a half times as long as the answer's length says."""
        factor = 0.5 + int(digest[12:16], 16) / 2**16
        return factor * (FIRST_TOKEN_S + TOKEN_S * len(text) / 4) / self.speed


class _Connection(asyncio.Protocol):
    def __init__(self, teacher: FakeTeacher) -> None:
        self._teacher, self._data, self._is_open = teacher, b"", True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        self._is_open = False

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if not end or len(body) < (size := int(length[1]) if length else 0):
            return
        self._data = body[size:]
        if head.startswith((b"GET /stats", b"POST /reset")):
            if head.startswith(b"POST"):
                self._teacher.counts = Counts()
                self._teacher.sent = None if self._teacher.sent is None else {}
            self._send(200, json.dumps(self._teacher.counts.as_json()).encode())
            return
        key = re.search(rb"(?i)authorization: *bearer +(\S+)", head)
        self._teacher.keys.add(key[1].decode() if key else "")
        name = re.search(rb"(?i)idempotency-key: *(\S+)", head)
        self._begin(json.loads(body[:size]), name[1].decode() if name else "")

    def _begin(self, body: dict[str, Any], name: str) -> None:
        prompt = body["messages"][-1]["content"]
        digest = hashlib.sha256(prompt.encode()).hexdigest()
        counts, text = self._teacher.counts, answer_to(prompt)
        counts.asked[digest] += 1
        if name and self._teacher.sent and name in self._teacher.sent:
            counts.replayed += 1
            self._send(200, self._teacher.sent[name])
            return
        counts.time(prompt)
        counts.busy += 1
        counts.most_busy = max(counts.most_busy, counts.busy)
        trouble = self._teacher.trouble_with(digest)
        wait_s = 0.0 if trouble in ("429", "500") else self._teacher.seconds(digest, text)
        asyncio.get_running_loop().call_later(wait_s, self._end, name, prompt, text, trouble)

    def _end(self, name: str, prompt: str, text: str, trouble: str) -> None:
        counts, digest = self._teacher.counts, hashlib.sha256(prompt.encode()).hexdigest()
        counts.busy -= 1
        if not self._is_open:
            counts.hung_up += 1
            return
        if trouble:
            counts.troubles[trouble] += 1
        if trouble == "rows":
            text = (
                '{"facts": ["Zed owns 77 zebras"], "memory": [{"id": "9", "text": "Zed owns zebras", "event": "ADD"}]}'
            )
        usage = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
        message = {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}
        body = json.dumps(message).encode()
        if trouble == "429":
            self._send(429, b'{"error": {"message": "slow down"}}', b"Retry-After: 0\r\n")
        elif trouble == "500":
            self._send(500, b"oops")
        elif trouble == "html":
            self._send(200, b"<html><body>Sign in</body></html>")
        elif trouble == "none":
            self._send(200, b'{"choices": []}')
        elif trouble == "half":
            self._send(200, body, cut=len(body) // 2)
        else:
            counts.answered[digest] += 1
            counts.time(prompt)
            if self._teacher.sent is not None:
                self._teacher.sent[name] = body
            self._send(200, body)

    def _send(self, status: int, body: bytes, header: bytes = b"", cut: int | None = None) -> None:
        head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (status, len(body))
        self._transport.write(head + header + b"\r\n" + body[:cut])
        if cut is not None:
            self._transport.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--trouble", type=float, default=0.0)
    parser.add_argument("--replays", action="store_true")
    asked = parser.parse_args()
    teacher = FakeTeacher(asked.speed, asked.trouble, replays=asked.replays).open(asked.port)
    print(teacher.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
