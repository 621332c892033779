"""One store and one memory, used by many threads; and a log that no reader lets grow for ever."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from runtime_py.errors import StoreError
from runtime_py.memory import Memory
from runtime_py.operations.generator import Generated
from runtime_py.store import Store, opening
from tests.runtime_py.script import Script, WordEmbedder
from tests.runtime_py.store.parts import DAY, EMBEDDER, VECTOR, open_store

THREADS, ROUNDS = 8, 12


class Careful(Script):
    """A scripted generator that breaks when two threads are in it."""

    inside = 0

    def run(self, operation: str, given: Any) -> Generated:
        assert Careful.inside == 0
        Careful.inside += 1
        try:
            return super().run(operation, given)
        finally:
            Careful.inside -= 1


def test_eight_threads_on_one_memory(tmp_path: Path) -> None:
    """Made here, used there: each adds, searches, asks, edits and forgets; what is left is what each of them left."""
    memory = Memory(Careful(), WordEmbedder(), Store(tmp_path / "s.db", EMBEDDER))
    start = Barrier(THREADS)

    def work(number: int) -> None:
        start.wait()
        user = f"user{number % 4}"
        for turn in range(ROUNDS):
            memory.add(f"*thread{number} has thing{turn}* *everybody has thing{turn}*", user, DAY)
            assert memory.search(f"thread{number} thing{turn}", user, 3)
            assert memory.ask(f"Who has thing{turn}?", user).text
            mine = [found for found in memory.get_all(user) if found.text.startswith(f"thread{number} has thing{turn}")]
            memory.update(mine[0].id, f"thread{number} lost thing{turn}", user)
            if turn == ROUNDS - 1:
                memory.delete(mine[0].id, user)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, number) for number in range(THREADS)]:
            done.result(timeout=120)
    for user in range(4):
        texts = {found.text for found in memory.get_all(f"user{user}")}
        lost = {f"thread{n} lost thing{turn}" for n in (user, user + 4) for turn in range(ROUNDS - 1)}
        assert lost <= texts
        assert texts - lost <= {f"everybody has thing{turn}" for turn in range(ROUNDS)}
        assert len(texts - lost) >= ROUNDS - 1
    assert memory.store.check() == []
    memory.close()


def in_thread(call: Callable[[], object]) -> object:
    """What `call` gives or raises in another thread."""
    got: list[object] = []

    def run() -> None:
        try:
            got.append(call())
        except Exception as e:  # noqa: BLE001 it is what the test asks for
            got.append(e)

    thread = Thread(target=run)
    thread.start()
    thread.join(60)
    return got[0]


def test_a_block_is_one_threads_own(tmp_path: Path) -> None:
    """Another thread waits for the block's end, and never writes into it."""
    with open_store(tmp_path / "s.db", timeout_s=0.1) as store:
        with store.writing():
            store.add_memory("ana", "Ana sings", DAY, VECTOR)
            refused = in_thread(lambda: store.add_memory("ana", "Ana hums", DAY, VECTOR))
        assert isinstance(refused, StoreError)
        assert "expected the other thread to finish within 0.1 s" in str(refused)
        assert [memory.text for memory in store.memories("ana")] == ["Ana sings"]
        assert in_thread(lambda: store.add_memory("ana", "Ana hums", DAY, VECTOR)) == 2


def test_readers_see_whole_transactions(tmp_path: Path) -> None:
    """A writer always adds two memories at once; no reader ever sees one of them."""
    with open_store(tmp_path / "s.db") as store:
        stop = Event()

        def read() -> int:
            seen = 0
            while not stop.is_set():
                count = len(store.memories("ana"))
                assert count % 2 == 0
                seen = max(seen, count)
            return seen

        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read) for _ in range(4)]
            for number in range(40):
                with store.writing():
                    store.add_memory("ana", f"one {number}", DAY, VECTOR)
                    store.add_memory("ana", f"two {number}", DAY, VECTOR)
            stop.set()
            assert max(reader.result(timeout=60) for reader in readers) > 0
        assert len(store.memories("ana")) == 80


def test_the_log_is_bounded_beside_a_reader_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    monkeypatch.setattr(opening, "LOG_LIMIT_BYTES", 600_000)
    with open_store(path, timeout_s=0.1) as store:
        store.add_memory("ana", "Ana sings", DAY, VECTOR)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM memories").fetchall()
        written = 1

        def write_on() -> None:
            nonlocal written
            for _ in range(1000):
                store.add_memory("ana", f"Ana has thing{written} " * 20, DAY, VECTOR)
                written += 1

        with pytest.raises(StoreError, match=r"the log of .* has grown .* a reader that does not end") as refusal:
            write_on()
        assert "nothing is lost" in str(refusal.value)
        assert Path(f"{path}-wal").stat().st_size < 1_000_000
        assert len(store.memories("ana")) == written > 5
        reader.close()
        store.add_memory("ana", "Ana goes on", DAY, VECTOR)
        assert len(store.memories("ana")) == written + 1
        assert Path(f"{path}-wal").stat().st_size < 600_000


def test_the_log_shrinks_after_a_long_transaction(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with open_store(path) as store:
        with store.writing():
            for number in range(300):
                store.add_memory("ana", f"thing{number} " * 5_000, DAY, VECTOR)
        store.add_memory("ana", "one more", DAY, VECTOR)
        store.add_memory("ana", "and one more", DAY, VECTOR)
        assert Path(f"{path}-wal").stat().st_size <= opening.LOG_KEPT_BYTES
