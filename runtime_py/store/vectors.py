"""Vectors in the store, each with a sketch beside it, and the log of changes that searches follow."""

from collections.abc import Callable

import numpy as np

from runtime_py.errors import ContractError
from runtime_py.store.file import Embedder, StoreFile, Vectors
from runtime_py.store.forms import sketch_of
from runtime_py.store.rows import searchable

# Beside each vector its sketch, numbered anew at every change: who knows the last number reads only what is newer.
_SKETCH = {
    "embeddings": "INSERT OR REPLACE INTO memory_sketches (row_id, user_id, sketch) "
    "SELECT id, user_id, ? FROM memories WHERE id = ?",
    "turn_embeddings": "INSERT OR REPLACE INTO turn_sketches (row_id, user_id, sketch) "
    "SELECT turns.id, user_id, ? FROM turns JOIN exchanges ON exchanges.id = exchange_id WHERE turns.id = ?",
}


class VectorTables(StoreFile):
    """A store file and its vectors."""

    def reindex(self, embedder: Embedder, batch: int = 32, progress: Callable[[int, int], None] | None = None) -> int:
        """Every vector again with `embedder`, and its name in the header, in one transaction; the number of vectors.

        `progress` is called with (done, all).
        """
        with self.writing():
            memories = self.rows("SELECT id, text, state FROM memories WHERE state != 'deleted' ORDER BY id")
            turns = self.rows("SELECT id, speaker, text FROM turns ORDER BY id")
            work = [("embeddings", row["id"], row["text"], row["state"] == "live") for row in memories]
            work += [("turn_embeddings", row["id"], searchable(row["speaker"], row["text"]), True) for row in turns]
            self._run("DELETE FROM embeddings")
            self._run("DELETE FROM turn_embeddings")
            for key, value in {"embedder.id": embedder.id, "embedder.dimension": str(embedder.dimension)}.items():
                self._run("INSERT OR REPLACE INTO header (key, value) VALUES (?, ?)", key, value)
            for start in range(0, len(work), batch):
                part = work[start : start + batch]
                for (table, owner, _, live), vector in zip(part, embedder.embed([w[2] for w in part]), strict=True):
                    self._put_vector(table, owner, vector, live)
                if progress:
                    progress(start + len(part), len(work))
        return len(work)

    # Inside a transaction

    def _put_vector(self, table: str, owner: int, vector: Vectors, is_live: bool = True) -> None:
        wanted = self.dimension()
        if vector.shape != (wanted,) or not np.isfinite(vector).all():
            raise ContractError(f"wrong vector: expected {wanted} finite numbers, got shape {vector.shape}")
        stored = np.asarray(vector, "<f4").tobytes()
        self._run(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", owner, stored)
        if is_live:
            self._run(_SKETCH[table], sketch_of(stored), owner)

    def _hide_vector(self, owner: int, table: str = "embeddings") -> None:
        """The vector of what lives no more is read by no search of live rows."""
        self._run(_SKETCH[table], None, owner)

    def _show_vector(self, memory: int) -> None:
        """The reverse."""
        stored = self.rows("SELECT vector FROM embeddings WHERE memory_id = ?", memory)
        if stored:
            self._run(_SKETCH["embeddings"], sketch_of(stored[0][0]), memory)
