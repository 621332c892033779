"""The SQLite store of turns, memories, vectors and history."""

from runtime_py.store.rows import HistoryRow, Kind, StoredMemory, Turn, first_row, searchable
from runtime_py.store.sketches import quantise, sketch_layout
from runtime_py.store.store import Embedder, State, Store, Vectors

__all__ = [
    "Embedder",
    "HistoryRow",
    "Kind",
    "State",
    "Store",
    "StoredMemory",
    "Turn",
    "Vectors",
    "first_row",
    "quantise",
    "searchable",
    "sketch_layout",
]
