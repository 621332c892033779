"""Several writers on one store, and one that is killed."""

import subprocess
import sys
from pathlib import Path

from runtime_py.retrieval import Retrieval
from runtime_py.store import sketch_of
from tests.runtime_py.store.parts import VECTOR, open_store

_WRITER = """
import sys
from datetime import date
from pathlib import Path
from runtime_py.memory.memory import Memory
from runtime_py.store.store import Store
from tests.runtime_py.script import Script, WordEmbedder

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
embedder = WordEmbedder()
with Memory(Script(), embedder, Store(path, embedder)) as memory:
    for number in range(count):
        memory.add(f"*{name} has thing{number}* *everybody has thing{number}*", "both", date(2023, 5, 8))
"""


def test_two_processes_on_one_store_both_succeed(tmp_path: Path) -> None:
    """From an absent file on: both make it, both write, and what both say is stored once."""
    path, count = tmp_path / "s.db", 15
    command = [sys.executable, "-c", _WRITER, str(path)]
    writers = [subprocess.Popen([*command, name, str(count)], stderr=subprocess.PIPE) for name in ("Ana", "Bob")]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    with open_store(path) as store:
        texts = sorted(memory.text for memory in store.memories("both"))
        expected = [f"{who} has thing{number}" for who in ("Ana", "Bob", "everybody") for number in range(count)]
        assert texts == sorted(expected)
        assert len(store.turns("both")) == 2 * count
        assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
        assert store.rows("PRAGMA foreign_key_check") == []


_BUSY = """
import sys
from itertools import count
from pathlib import Path
from runtime_py.store.store import Store
from tests.runtime_py.script import WordEmbedder

embedder = WordEmbedder()
with Store(Path(sys.argv[1]), embedder) as store:
    for number in count():
        thing = f"thing{number} of {sys.argv[2]}"
        vector = embedder.embed([thing])[0]
        memory = store.add_memory("ana", f"Ana has {thing}", None, vector)
        if number % 3 == 1:
            store.update_memory("ana", memory, f"Ana lost {thing}", None, vector)
        if number % 3 == 2:
            store.supersede("ana", memory, None, None)
        print(number, flush=True)
"""


def test_a_killed_writer_leaves_everything_in_step(tmp_path: Path) -> None:
    """Killed in the middle of its work: what it said was done is there, and sketches and words fit the vectors."""
    path, told = tmp_path / "s.db", 0
    for lines in (1, 7, 20):
        with subprocess.Popen(
            [sys.executable, "-c", _BUSY, str(path), str(lines)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                told = int(writer.stdout.readline())
            writer.kill()
        with open_store(path) as store:
            assert store.rows("PRAGMA integrity_check")[0][0] == "ok"
            live = {memory.id: memory.text for memory in store.memories("ana")}
            held = "SELECT memory_id, vector FROM embeddings JOIN memories ON id = memory_id WHERE state = 'live'"
            vectors = dict(map(tuple, store.rows(held)))
            sketches = store.rows("SELECT row_id, sketch FROM memory_sketches WHERE sketch IS NOT NULL")
            words = store.rows("SELECT rowid - (1 << 32), text FROM memory_words WHERE rowid < (3 << 31)")
            assert vectors.keys() == live.keys()
            assert {row: sketch_of(vector) for row, vector in vectors.items()} == dict(map(tuple, sketches))
            assert dict(map(tuple, words)) == live
            assert len(Retrieval(store).near("ana", VECTOR, 10_000)) == len(live)
            assert told % 3 == 2 or any(f"thing{told} of {lines}" in text for text in live.values())
