"""kill -9 under load: what was acknowledged is in the store, and the store is whole."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from runtime_py.store import Store, check_store

pytestmark = pytest.mark.slow
CLIENTS, SECONDS = 6, 1.5
TOKEN = "kill-0123456789abcdef"


@pytest.fixture
def server(tiny_bundle: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """`memlora serve` as a process of its own, its address, and its store."""
    store = tmp_path / "store.db"
    given = [str(tiny_bundle), "--store", str(store), "--port", "0", "--user", "*"]
    process = subprocess.Popen(
        [sys.executable, "-m", "memlora_cli.main", "serve", *given],
        env={**os.environ, "MEMLORA_TOKEN": TOKEN, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("serving http://127.0.0.1:"), line
    yield process, line.split()[1], store
    process.kill()
    process.wait()


def test_nothing_acknowledged_is_lost(server: tuple[subprocess.Popen[str], str, Path]) -> None:
    process, url, path = server
    acknowledged: dict[str, list[str]] = {f"u{place}": [] for place in range(CLIENTS)}

    def talk(user: str) -> None:
        head = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url, headers=head, trust_env=False, timeout=30) as client:
            for turn in range(10_000):
                text = f"{user} said number {turn}"
                body = {"messages": text, "user_id": user, "infer": False}
                try:
                    response = client.post("/memories", json=body)
                except httpx.HTTPError:
                    return
                assert response.status_code == 200, response.text
                acknowledged[user].append(text)

    threads = [threading.Thread(target=talk, args=(user,)) for user in acknowledged]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60
    while not all(acknowledged.values()) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(SECONDS)
    process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join(30)
    assert all(acknowledged.values())
    assert check_store(path) == []
    with Store(path, None) as store:
        for user, said in acknowledged.items():
            found = [memory.text for memory in store.memories(user)]
            assert found[: len(said)] == said
            assert len(found) <= len(said) + 1  # the one that was written and not yet answered


def test_stopped_it_says_nothing_and_ends_well(server: tuple[subprocess.Popen[str], str, Path]) -> None:
    process, url, path = server
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        assert client.get("/memories", headers={"Authorization": "Bearer no-0123456789abcdef"}).status_code == 401
        head = {"Authorization": f"Bearer {TOKEN}"}
        body = {"messages": "I keep a secret.", "user_id": "ana", "infer": False}
        assert client.post("/memories", json=body, headers=head).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    assert check_store(path) == []
