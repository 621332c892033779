"""The SQLite store of turns, memories, vectors, history and photos."""

from runtime_py.store.erasing import Forgotten
from runtime_py.store.faults import Fault
from runtime_py.store.file import Embedder, Vectors
from runtime_py.store.forgetting import Undone
from runtime_py.store.forms import (
    THUMBNAIL_SIDE,
    Photo,
    compose,
    exchange_key,
    is_spaceless,
    letters_of,
    normalise,
    quantise,
    sketch_layout,
    sketch_of,
    small,
    words_form,
)
from runtime_py.store.migrations import FORMAT_VERSION as STORE_VERSION
from runtime_py.store.photos import StoredPhoto
from runtime_py.store.place import VARIABLE as STORE_VARIABLE
from runtime_py.store.place import default_store
from runtime_py.store.rows import (
    NO_LABELS,
    HistoryRow,
    Kind,
    Labels,
    Source,
    StoredMemory,
    Turn,
    Value,
    first_row,
    last_row,
    searchable,
)
from runtime_py.store.store import Store, check_store
from runtime_py.store.turns import State

__all__ = [
    "NO_LABELS",
    "STORE_VARIABLE",
    "STORE_VERSION",
    "THUMBNAIL_SIDE",
    "Embedder",
    "Fault",
    "Forgotten",
    "HistoryRow",
    "Kind",
    "Labels",
    "Photo",
    "Source",
    "State",
    "Store",
    "StoredMemory",
    "StoredPhoto",
    "Turn",
    "Undone",
    "Value",
    "Vectors",
    "check_store",
    "compose",
    "default_store",
    "exchange_key",
    "first_row",
    "is_spaceless",
    "last_row",
    "letters_of",
    "normalise",
    "quantise",
    "searchable",
    "sketch_layout",
    "sketch_of",
    "small",
    "words_form",
]
