"""Search and add with many memories of one user, beside what does the same: `python benchmarks/retrieval.py [COUNT]`.

Makes a store of COUNT (100,000) memories: seeded random unit vectors of 384 numbers, sentences of twelve words with
Zipf's frequencies. Every query is a new vector and six words of the same kind. Own parts and peers take turns, query by
query, so that they share the machine's good and bad moments. Peers: numpy's float32 product and SQLite's own BM25 (what
this project did before), and `faiss-cpu` where it is installed (`pip install memlora[peers]`). The time of embedding is
not part of it. Prints JSON, times in milliseconds; `cpu` is the processor time of all threads, which tells how busy
other programs kept the machine.
"""

import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

# A peer's threads would wait busily for milliseconds after its turn, on the cores of whoever is next.
os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}

import numpy as np
from numpy.typing import NDArray

from runtime_py.retrieval import CANDIDATES, Retrieval
from runtime_py.store import Store, StoredMemory, Vectors

DIMENSION, WORDS, SEED, QUERIES, LIMIT = 384, 20_000, 7, 300, 10
Query = tuple[Vectors, str]


class Dice:
    """Vectors and sentences; as an embedder it only names the store's vectors."""

    id, dimension = "random", DIMENSION

    def __init__(self) -> None:
        self._dice = np.random.default_rng(SEED)
        self._shares = 1 / np.arange(1, WORDS + 1)
        self._shares /= self._shares.sum()

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._dice.standard_normal((len(texts), DIMENSION), dtype=np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def sentence(self, words: int) -> str:
        return " ".join(f"word{n}" for n in self._dice.choice(WORDS, words, p=self._shares))

    def query(self) -> Query:
        return self.embed([""])[0], self.sentence(6)


def fill(path: Path, dice: Dice, count: int) -> Vectors:
    """The vectors `[count, D]` of a new store, memory n + 1 at row n."""
    vectors = dice.embed([""] * count)
    with Store(path, dice) as store, store.writing():
        for number, vector in enumerate(vectors):
            store.add_memory("one", f"{dice.sentence(12)} number{number}", None, vector)
    return vectors


def open_peers(path: Path, vectors: Vectors) -> dict[str, Callable[[Query], object]]:
    """Ways to the same `CANDIDATES` rows, by vector; and by words, as SQLite ranks them."""
    peers: dict[str, Callable[[Query], object]] = {}

    def numpy_near(query: Query) -> list[int]:
        scores = vectors @ query[0]
        best: NDArray[np.intp] = np.lexsort((np.arange(len(scores)), -scores))[:CANDIDATES]
        return [int(row) + 1 for row in best]

    peers["near, numpy float32"] = numpy_near
    words = sqlite3.connect(path)
    ranked = "SELECT rowid FROM memory_words WHERE memory_words MATCH ? ORDER BY rank, rowid LIMIT ?"

    def bm25(query: Query) -> list[tuple[int]]:
        return words.execute(ranked, (" OR ".join(query[1].split()), CANDIDATES)).fetchall()

    peers["words, FTS5 BM25"] = bm25
    try:
        import faiss

        faiss.omp_set_num_threads(os.cpu_count() or 1)
        flat = faiss.IndexFlatIP(DIMENSION)
        flat.add(vectors)
        peers["near, faiss-cpu flat"] = lambda query: flat.search(query[0][None], CANDIDATES)
    except ImportError:
        print("faiss-cpu is not installed and left out", file=sys.stderr)
    return peers


def timed(run: Callable[[Query], object], query: Query) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    run(query)
    return (time.perf_counter() - clock) * 1e3, (time.process_time() - processor) * 1e3


def spread(times_ms: Sequence[tuple[float, float]]) -> dict[str, float]:
    low, middle, high = np.quantile([clock for clock, _ in times_ms], [0, 0.5, 0.95])
    processor = float(np.median([each for _, each in times_ms]))
    return {"min": round(low, 2), "p50": round(middle, 2), "p95": round(high, 2), "cpu p50": round(processor, 2)}


def measure(path: Path, dice: Dice, vectors: Vectors) -> dict[str, object]:
    """Cold opens (each a new connection and index), own parts and peers in turns, then adds, each searched at once."""

    def cold(query: Query) -> None:
        with Store(path, dice) as opened:
            Retrieval(opened).search("one", query[1], query[0], LIMIT)

    cold_times = [timed(cold, dice.query()) for _ in range(5)]
    with Store(path, dice) as store:
        retrieval = Retrieval(store)

        def search(query: Query) -> list[StoredMemory]:
            with store.reading():
                hits = retrieval.search("one", query[1], query[0], LIMIT)
                return store.memories_by_id("one", [hit.id for hit in hits])

        own: dict[str, Callable[[Query], object]] = {
            "search and read": search,
            "near": lambda query: retrieval.near("one", query[0], CANDIDATES),
            "words": lambda query: retrieval.by_words("one", query[1], CANDIDATES),
        }
        turns = in_turns({**own, **open_peers(path, vectors)}, [dice.query() for _ in range(QUERIES)])
        add: dict[str, Callable[[Query], object]] = {
            "add, committed": lambda query: store.add_memory("one", query[1], None, query[0]),
            "near after an add": own["near"],
        }
        adds = in_turns(add, [(dice.embed([""])[0], f"{dice.sentence(6)} new{n}") for n in range(QUERIES)])
    ratios = {
        name: round(float(np.median(each, axis=0)[0] / np.median(turns[name.split(",")[0]], axis=0)[0]), 2)
        for name, each in turns.items()
        if "," in name
    }
    times = {"cold open to the first result": cold_times, **turns, **adds}
    return {"times": {name: spread(each) for name, each in times.items()}, "peer over own, p50": ratios}


def in_turns(
    ways: Mapping[str, Callable[[Query], object]], queries: Sequence[Query]
) -> dict[str, list[tuple[float, float]]]:
    """Every way on a query before the next query."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for query in queries:
        for name, way in ways.items():
            times[name].append(timed(way, query))
    return times


def tool(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    dice = Dice()
    with TemporaryDirectory() as folder:
        path = Path(folder, "store.db")
        vectors = fill(path, dice, count)
        figures = measure(path, dice, vectors)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {
            "sqlite": sqlite3.sqlite_version,
            **{name: tool(name) for name in ("numpy", "onnxruntime", "faiss-cpu")},
        },
        "memories": count,
    }
    print(json.dumps({**about, **figures}, indent=1))


if __name__ == "__main__":
    main()
