"""Finding memories and raw turns: exact cosine over every vector and FTS5 keywords, joined by reciprocal rank fusion.

Fusion: a row at rank r (from 1) of a list counts 1 / (5 + r), summed over the two lists (Cormack, Clarke and Büttcher,
"Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009; they fuse many lists,
with 60). Equal scores go to the lower id. Function words of a question are not looked up. What each choice gives is in
`docs/decisions.md`. Brute force is exact, and at the size of one person's memory faster than any index.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runtime_py.store import Store, Vectors

Kind = Literal["memory", "turn"]

FUSION_RANK = 5
CANDIDATES = 64
_WORD = re.compile(r"\w+")
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are at be been by did do does for from had has have how in is it its of on or s that the this to was "
        "were what when where which who whom whose why will with",
    )
)
_VECTORS = {
    "memory": "SELECT memory_id, vector FROM embeddings JOIN memories ON memories.id = memory_id "
    "JOIN users ON users.id = user_id WHERE name = ? ORDER BY memory_id",
    "turn": "SELECT turn_id, vector FROM turn_embeddings JOIN turns ON turns.id = turn_id "
    "JOIN exchanges ON exchanges.id = exchange_id JOIN users ON users.id = user_id WHERE name = ? ORDER BY turn_id",
}
_WORDS = {
    "memory": "SELECT memories.id FROM memory_words JOIN memories ON memories.id = memory_words.rowid "
    "JOIN users ON users.id = user_id WHERE memory_words MATCH ? AND name = ? ORDER BY rank, memories.id LIMIT ?",
    "turn": "SELECT turns.id FROM turn_words JOIN turns ON turns.id = turn_words.rowid "
    "JOIN exchanges ON exchanges.id = exchange_id JOIN users ON users.id = user_id "
    "WHERE turn_words MATCH ? AND name = ? ORDER BY rank, turns.id LIMIT ?",
}


@dataclass(frozen=True)
class Hit:
    """A row found and its score, higher is better."""

    id: int
    score: float


@dataclass(frozen=True)
class _Matrix:
    token: tuple[int, int]
    ids: NDArray[np.int64]
    vectors: Vectors


class Retrieval:
    """Searches one store. Vectors are kept in memory until this or another process writes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._matrices: dict[tuple[str, Kind], _Matrix] = {}

    def near(self, user_id: str, vector: Vectors, limit: int, kind: Kind = "memory") -> list[Hit]:
        """The `limit` rows with the highest cosine to the unit `vector` `[D]`, best first."""
        matrix = self._matrix(user_id, kind)
        if not len(matrix.ids):
            return []
        scores = matrix.vectors @ vector.astype(np.float32)
        order = np.lexsort((matrix.ids, -scores))[:limit]
        return [Hit(int(matrix.ids[i]), float(scores[i])) for i in order]

    def by_words(self, user_id: str, query: str, limit: int, kind: Kind = "memory") -> list[int]:
        """Ids of rows that hold any word of `query` but function words, by BM25, best first."""
        words = dict.fromkeys(_WORD.findall(query.casefold()))
        if not words:
            return []
        telling = [word for word in words if word not in FUNCTION_WORDS]
        match = " OR ".join(f'"{word}"' for word in telling or words)
        return [int(row[0]) for row in self._store.rows(_WORDS[kind], match, user_id, limit)]

    def search(self, user_id: str, query: str, vector: Vectors, limit: int, kind: Kind = "memory") -> list[Hit]:
        """The `limit` best rows by vector and words together, best first."""
        depth = max(limit, CANDIDATES)
        near = [hit.id for hit in self.near(user_id, vector, depth, kind)]
        return fuse([near, self.by_words(user_id, query, depth, kind)])[:limit]

    def _matrix(self, user_id: str, kind: Kind) -> _Matrix:
        token = self._store.state_token()
        held = self._matrices.get((user_id, kind))
        if held is None or held.token != token:
            rows = self._store.rows(_VECTORS[kind], user_id)
            ids = np.array([row[0] for row in rows], dtype=np.int64)
            vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").astype(np.float32)
            held = _Matrix(token, ids, vectors.reshape(len(rows), -1 if rows else 0))
            self._matrices[user_id, kind] = held
        return held


def fuse(rankings: Sequence[Sequence[int]]) -> list[Hit]:
    """Reciprocal rank fusion of lists of ids, best first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (FUSION_RANK + rank)
    return [Hit(row, score) for row, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))]
