"""Finding memories and raw turns: exact cosine over every vector and keywords, joined in one score from 0 to 1.

The score of a row is (c + 2 w) / 3. c is the cosine of its vector and the query's, at least 0; w the share of the
query's words that it holds, each weighing as in `words`. So a row that says what is asked in the same words has 1, one
that shares neither words nor meaning next to 0, whatever else is stored. A query without words is scored by c alone.
Equal scores go to the lower id. What each choice gives is in `docs/decisions.md`.

Every operation is one that is exact or correctly rounded, in a stated order, so every language computes the same bits.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from runtime_py.errors import StoreError
from runtime_py.retrieval.changes import logged_changes, past_rows, read_vectors, unlogged_changes
from runtime_py.retrieval.index import SketchIndex
from runtime_py.retrieval.words import WordScores, score_by_words
from runtime_py.store import Kind, Store, Vectors

WORDS_COUNT = 2
CANDIDATES = 64
MOST_HELD = 256
"""Indexes in memory, of the users and kinds that were searched last: a server may have any number of users."""


@dataclass(frozen=True)
class Hit:
    """A row found and its score, higher is better."""

    id: int
    score: float


@dataclass
class _Held:
    """The index of one user's rows after `change`, read when the store had taken back `rollbacks` times.

    `version` changes when another connection writes.
    """

    rollbacks: int
    change: int = 0
    version: int = -1
    index: SketchIndex = field(default_factory=SketchIndex)


class Retrieval:
    """Searches one store. Sketches of the vectors are kept in memory; a search first reads what changed since."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[tuple[int, Kind], _Held] = {}

    def near(self, user_id: str, vector: Vectors, limit: int, kind: Kind = "memory") -> list[Hit]:
        """The `limit` rows with the highest cosine to the unit `vector` `[D]`, best first, equal ones by id.

        The scores are float64 products of the stored vectors, the same wherever and in whatever order rows are held.
        Raises `StoreError` when the store's vectors have another length.
        """
        with self._store.reading():
            return self._rank(self._candidates(user_id, vector, limit, kind), vector, limit, kind) if limit > 0 else []

    def _candidates(self, user_id: str, vector: Vectors, limit: int, kind: Kind) -> Sequence[int]:
        if kind == "past":
            user = self._store.user_row(user_id)
            return past_rows(self._store, user) if user is not None else []
        index = self._searchable(user_id, vector, kind)
        return index.candidates(vector, limit) if index else []

    def _rank(self, rows: Sequence[int], vector: Vectors, limit: int, kind: Kind) -> list[Hit]:
        return _best(self._cosines(rows, vector, kind), limit)

    def _cosines(self, rows: Sequence[int], vector: Vectors, kind: Kind) -> dict[int, float]:
        """Products of float32 numbers are whole in float64; they are added place by place from the first."""
        found = read_vectors(self._store, kind, rows)
        if not found:
            return {}
        stored = np.frombuffer(b"".join(row[1] for row in found), "<f4").reshape(len(found), len(vector))
        products = stored.astype(np.float64) * vector.astype(np.float64)
        sums: list[float] = np.add.accumulate(products, axis=1, out=products)[:, -1].tolist()
        return dict(zip((row[0] for row in found), sums, strict=True))

    def by_words(self, user_id: str, query: str, limit: int, kind: Kind = "memory") -> list[int]:
        """Ids of rows that hold words of `query` but function words, best first."""
        with self._store.reading():
            user = self._store.user_row(user_id)
            return [] if user is None else score_by_words(self._store, user, query, limit, kind).best(limit)

    def search(self, user_id: str, query: str, vector: Vectors, limit: int, kind: Kind = "memory") -> list[Hit]:
        """The `limit` best rows by vector and words together, best first, with scores from 0 to 1."""
        depth = max(limit, CANDIDATES)
        with self._store.reading():
            user = self._store.user_row(user_id)
            if user is None:
                return []
            index = self._searchable(user_id, vector, kind) if kind != "past" else None
            # Sketches are multiplied, which reads no file, while words are read.
            rows = _beside().submit(index.candidates, vector, depth) if index else None
            words = score_by_words(self._store, user, query, depth, kind)
            near = rows.result() if rows else self._candidates(user_id, vector, depth, kind)
            best = words.best(depth)
            cosines = self._cosines(sorted({*near, *best}), vector, kind)
            # Candidates are more than the nearest, by how tight a reader's bounds are: cut to those, all find the same.
            nearest = _best({row: cosines[row] for row in near if row in cosines}, depth)
            reached = {*(hit.id for hit in nearest), *best}
            return _best({row: join_scores(cosines.get(row, 0.0), words, row) for row in reached}, limit)

    def _searchable(self, user_id: str, vector: Vectors, kind: Kind) -> SketchIndex | None:
        """The user's index as of now; None where there is nothing to search."""
        index = self._index(user_id, kind)
        if index is None or not index.count:
            return None
        if vector.shape != (index.dimension,):
            raise StoreError(
                f"cannot search {self._store.path}: expected a vector of {index.dimension} numbers, got shape "
                f"{vector.shape}; open the store with its own embedder"
            )
        return index

    def _index(self, user_id: str, kind: Kind) -> SketchIndex | None:
        """The user's index as of now; None for an unknown user."""
        user, rollbacks = self._store.user_row(user_id), self._store.rollbacks
        if user is None:
            return None
        held = self._held.pop((user, kind), None)  # an index that was interrupted while it changed is not kept
        if held is None or held.rollbacks != rollbacks:
            held = _Held(rollbacks)
        held.change, changes = logged_changes(self._store, user, kind, held.change)
        version = int(self._store.rows("PRAGMA data_version")[0][0])
        if version != held.version:
            changes, held.version = changes + unlogged_changes(self._store, user, kind), version
        if changes:
            held.index.apply(changes)
        self._held[user, kind] = held
        if len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]
        return held.index


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "memlora-search")


def join_scores(cosine: float, words: WordScores, row: int) -> float:
    """The score of a row as above, 0 to 1."""
    meaning = min(max(cosine, 0.0), 1.0)
    return (meaning + WORDS_COUNT * words.share(row)) / (1 + WORDS_COUNT) if words.total else meaning


def _best(scores: Mapping[int, float], limit: int) -> list[Hit]:
    return [Hit(row, scores[row]) for row in sorted(scores, key=lambda row: (-scores[row], row))[:limit]]
