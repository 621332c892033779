"""What became of a user's vectors since the last look: by the store's log, and what stands in no log.

A sketch is optional. A vector whose sketch is missing, empty or of the wrong length is sketched as it is read; one
that stands in no row of the log at all (another program wrote it) is looked for at the first look and whenever another
connection has written.
"""

from collections.abc import Sequence

from runtime_py.errors import StoreError
from runtime_py.store import Kind, Store, sketch_layout, sketch_of

Change = tuple[int, bytes | None]
"""The id of a row and its sketch; None: the row has no vector any more."""

_LOGGED = "SELECT change, row_id, sketch FROM {kind}_sketches WHERE user_id = ? AND change > ? ORDER BY change"
_UNLOGGED = {
    "memory": "SELECT id FROM memories WHERE user_id = ? AND state = 'live' "
    "AND NOT EXISTS (SELECT 1 FROM memory_sketches WHERE row_id = memories.id)",
    "turn": "SELECT turns.id FROM exchanges JOIN turns ON exchange_id = exchanges.id WHERE user_id = ? "
    "AND NOT EXISTS (SELECT 1 FROM turn_sketches WHERE row_id = turns.id)",
}
_VECTORS = {
    "memory": "SELECT memory_id, vector FROM embeddings WHERE memory_id",
    "past": "SELECT memory_id, vector FROM embeddings WHERE memory_id",
    "turn": "SELECT turn_id, vector FROM turn_embeddings WHERE turn_id",
}
_LIVE = "SELECT id FROM memories WHERE state = 'live' AND id"
_PAST = "SELECT id FROM memories WHERE user_id = ? AND state = 'past' ORDER BY id"


def logged_changes(store: Store, user: int, kind: Kind, after: int) -> tuple[int, list[Change]]:
    """The last change's number and the rows that changed after number `after`."""
    rows = store.rows(_LOGGED.format(kind=kind), user, after)
    if not rows:
        return after, []
    size = sketch_layout(store.dimension()).itemsize
    bare = [row[1] for row in rows if row[2] is None or len(row[2]) != size]
    made = dict(_sketched(store, kind, bare))
    return rows[-1][0], [(row[1], made.get(row[1]) if row[1] in set(bare) else row[2]) for row in rows]


def unlogged_changes(store: Store, user: int, kind: Kind) -> list[Change]:
    """Rows with a vector that the log does not know."""
    return _sketched(store, kind, [row[0] for row in store.rows(_UNLOGGED[kind], user)])


def past_rows(store: Store, user: int) -> list[int]:
    """Ids of the user's past memories: they are few, so no sketches are held of them."""
    return [int(row[0]) for row in store.rows(_PAST, user)]


def read_vectors(store: Store, kind: Kind, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """The vectors of rows, as float32 bytes; raises `StoreError` for one of another length than the header says."""
    if not ids:
        return []
    wanted = 4 * store.dimension()
    rows = store.rows_by_id(_VECTORS[kind], ids)
    wrong = [row for row in rows if len(row[1]) != wanted]
    if wrong:
        raise StoreError(
            f"the store {store.path} is damaged: expected vectors of {wanted} bytes, got {len(wrong[0][1])} for {kind} "
            f"{wrong[0][0]}; run `memlora reindex BUNDLE --store {store.path}`",
            "invalid values",
        )
    return [(row[0], row[1]) for row in rows]


def _sketched(store: Store, kind: Kind, ids: Sequence[int]) -> list[Change]:
    if kind == "memory" and ids:
        ids = [row[0] for row in store.rows_by_id(_LIVE, ids)]
    return [(row, sketch_of(vector)) for row, vector in read_vectors(store, kind, ids)]
