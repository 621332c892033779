"""Many clients at once against `memlora serve`: `python -m benchmarks.serve BUNDLE [--clients 32] [--seconds 60]`.

Each client is a user of its own with its own token; it tells, searches, lists and asks in turn, and looks in every
answer for the word of another user. Printed: requests, errors, refusals that said when to come again, p50 and p95, the
server's memory, and users that were mixed. Exit code 1 for an error or a mixed user.
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
from dataclasses import dataclass, field
from pathlib import Path

import httpx

STATUS = Path("/proc")


@dataclass
class Counts:
    """What one client saw: seconds by kind of request, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    busy: int = 0
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """One user until `end`."""

    def __init__(self, url: str, place: int, end: float) -> None:
        super().__init__()
        self.user, self.counts, self._end = name(place), Counts(), end
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token(place)}"}, trust_env=False, timeout=180
        )

    def run(self) -> None:
        turn = 0
        with self._client:
            while time.monotonic() < self._end:
                turn += 1
                self._send("add", "/memories", {"messages": f"{self.user} has number {turn}.", "infer": False})
                self._send("chat", "/v1/chat/completions", chat(f"I live in {self.user}ville."))
                self._send("search", "/search", {"query": f"number {turn}", "top_k": 5})
                self._send("ask", "/v1/chat/completions", chat("Where do I live?"))
                self._send("list", "/v3/memories/", {"filters": {"user_id": self.user}})

    def _send(self, kind: str, path: str, body: dict[str, object]) -> None:
        while time.monotonic() < self._end:
            start = time.monotonic()
            try:
                response = self._client.post(path, json=body)
            except httpx.HTTPError as e:
                self.counts.errors.append(f"{kind}: {type(e).__name__}")
                return
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
            return


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


def measure(bundle: Path, clients: int, seconds: float, folder: Path) -> dict[str, object]:
    """The figures of one run."""
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
        start = time.monotonic()
        crowd = [Client(url, place, start + seconds) for place in range(clients)]
        for client in crowd:
            client.start()
        most = before
        while any(client.is_alive() for client in crowd):
            most = max(most, resident_mb(server.pid))
            time.sleep(0.5)
        took = time.monotonic() - start
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    counts = [client.counts for client in crowd]
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
    }


def main() -> int:
    """Print the figures as JSON; 1 for an error or a mixed user."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.bundle, given.clients, given.seconds, Path(folder))
    print(json.dumps(figures, indent=1))
    return 1 if figures["errors"] or figures["mixed"] else 0


if __name__ == "__main__":
    sys.exit(main())
