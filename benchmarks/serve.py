"""Many clients at once against `memlora serve`: `python -m benchmarks.serve BUNDLE [--clients 32] [--seconds 60]`.

Each client is a user of its own with its own token; it tells, searches, lists and asks in turn, and looks in every
answer for the word of another user. Printed: requests, errors, refusals that said when to come again, p50 and p95, the
server's memory, and users that were mixed. With `--kill` the server is killed (SIGKILL) under that load, and what it
had acknowledged is looked for in the store. Exit code 1 for an error, a mixed user, or something lost.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from runtime_py.store import Store, check_store

STATUS = Path("/proc")


@dataclass
class Counts:
    """What one client saw: seconds by kind of request, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    busy: int = 0
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """One user until `end`."""

    def __init__(self, url: str, place: int, end: float, killed: threading.Event) -> None:
        super().__init__()
        self.user, self.counts, self._end, self._killed = name(place), Counts(), end, killed
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token(place)}"}, trust_env=False, timeout=180
        )

    def run(self) -> None:
        turn = 0
        with self._client:
            while time.monotonic() < self._end:
                turn += 1
                text = f"{self.user} has number {turn}."
                if self._send("add", "/memories", {"messages": text, "infer": False}):
                    self.counts.acknowledged.append(text)
                self._send("chat", "/v1/chat/completions", chat(f"I live in {self.user}ville."))
                self._send("search", "/search", {"query": f"number {turn}", "top_k": 5})
                self._send("ask", "/v1/chat/completions", chat("Where do I live?"))
                self._send("list", "/v3/memories/", {"filters": {"user_id": self.user}})

    def _send(self, kind: str, path: str, body: dict[str, object]) -> bool:
        """Whether it was answered with 200."""
        while time.monotonic() < self._end:
            start = time.monotonic()
            try:
                response = self._client.post(path, json=body)
            except httpx.HTTPError as e:
                if self._killed.is_set():
                    self._end = 0.0
                else:
                    self.counts.errors.append(f"{kind}: {type(e).__name__}")
                return False
            if response.status_code == 503 and "Retry-After" in response.headers:
                self.counts.busy += 1
                time.sleep(min(2.0, float(response.headers["Retry-After"])))
                continue
            self.counts.seconds.setdefault(kind, []).append(time.monotonic() - start)
            if response.status_code != 200:
                self.counts.errors.append(f"{kind}: {response.status_code} {response.text[:120]}")
            strangers = set(re.findall(r"user\d{3}", response.text)) - {self.user}
            self.counts.mixed += [
                f"{kind}: {self.user} saw {stranger}: {response.text[:500]}" for stranger in strangers
            ]
            return response.status_code == 200
        return False


def chat(text: str) -> dict[str, object]:
    """A chat of one message."""
    return {"model": "memlora", "messages": [{"role": "user", "content": text}]}


def name(place: int) -> str:
    """A user; no name begins another, for a small model may drop a letter."""
    return f"user{place:03}"


def token(place: int) -> str:
    """The token of a user."""
    return f"load-test-token-{place:04}"


def resident_mb(process: int) -> float:
    """A process's memory, as Linux counts it."""
    text = (STATUS / str(process) / "status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found.group(1)) / 1024 if found else 0.0


def percentile(seconds: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def lost(store: Path, counts: Mapping[str, Counts]) -> list[str]:
    """What is wrong with the store of a killed server: faults, and what it acknowledged to a user and does not hold."""
    faults = [str(fault) for fault in check_store(store)]
    with Store(store, None) as opened:
        held = {user: {memory.text for memory in opened.memories(user)} for user in counts}
    return faults + [text for user, each in counts.items() for text in each.acknowledged if text not in held[user]]


def measure(bundle: Path, clients: int, seconds: float, folder: Path, is_killed: bool = False) -> dict[str, object]:
    """The figures of one run; with `is_killed` the server is killed after `seconds`, its clients at work."""
    tokens = folder / "tokens"
    tokens.write_text("".join(f"{name(place)} {token(place)}\n" for place in range(clients)), "utf-8")
    command = [sys.executable, "-m", "memlora_cli.main", "serve", str(bundle), "--store", str(folder / "store.db")]
    server = subprocess.Popen(
        [*command, "--port", "0", "--token-file", str(tokens)],
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[1]
        before = resident_mb(server.pid)
        start, killed = time.monotonic(), threading.Event()
        end = start + seconds + (1e9 if is_killed else 0)
        crowd = [Client(url, place, end, killed) for place in range(clients)]
        for client in crowd:
            client.start()
        most = before
        while any(client.is_alive() for client in crowd):
            most = max(most, resident_mb(server.pid))
            if is_killed and time.monotonic() > start + seconds:
                killed.set()
                server.kill()
            time.sleep(0.5)
        took = time.monotonic() - start
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    counts = [client.counts for client in crowd]
    missed = lost(folder / "store.db", {client.user: client.counts for client in crowd}) if is_killed else []
    kinds = sorted({kind for each in counts for kind in each.seconds})
    by_kind = {kind: [s for each in counts for s in each.seconds.get(kind, [])] for kind in kinds}
    every = [s for rows in by_kind.values() for s in rows]
    return {
        "clients": clients,
        "seconds": round(took, 1),
        "requests": len(every),
        "errors": [error for each in counts for error in each.errors],
        "told_to_come_again": sum(each.busy for each in counts),
        "p50_s": round(statistics.median(every), 3),
        "p95_s": round(percentile(every, 0.95), 3),
        "by_kind": {kind: [len(rows), round(percentile(rows, 0.95), 3)] for kind, rows in by_kind.items()},
        "rss_mb": [round(before), round(most)],
        "mixed": [mixed for each in counts for mixed in each.mixed],
        **({"acknowledged": sum(len(each.acknowledged) for each in counts), "lost": missed} if is_killed else {}),
    }


def main() -> int:
    """Print the figures as JSON; 1 for an error, a mixed user, or something lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.bundle, given.clients, given.seconds, Path(folder), given.kill)
    print(json.dumps(figures, indent=1))
    return 1 if figures["errors"] or figures["mixed"] or figures.get("lost") else 0


if __name__ == "__main__":
    sys.exit(main())
