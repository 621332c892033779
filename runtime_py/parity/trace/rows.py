"""The rows of a store as two runtimes compare them, and one hash over those of a table."""

import hashlib
from collections.abc import Sequence

from runtime_py.store import Store

Value = int | str | bytes | None
TABLES = {
    name: f"SELECT * FROM {name} ORDER BY 1, 2"
    for name in (
        *("header", "users", "sessions", "exchanges", "turns", "speakers", "memories", "history", "provenance"),
        *("embeddings", "turn_embeddings", "memory_sketches", "turn_sketches", "exchange_photos", "photo_embeddings"),
    )
} | {name: f"SELECT rowid, text FROM {name} ORDER BY 1" for name in ("memory_words", "turn_words")}
TABLES["photos"] = "SELECT id, user_id, sha256, created_at FROM photos ORDER BY 1"
"""The SELECT of each table; rows in the order of their keys. PNGs are left out: packers differ."""


def read_rows(store: Store, table: str) -> list[list[Value]]:
    """Every row of a table; raises `KeyError` for another name."""
    return [list(row) for row in store.rows(TABLES[table])]


def rows_sha256(rows: Sequence[Sequence[Value]]) -> str:
    """Hex sha256 over the values in order.

    A value is a letter (`n` NULL, `i` integer, `t` text, `b` bytes), its length in decimal, `:` and its bytes: of an
    integer the decimal digits, of a text UTF-8. A row ends with a line feed.
    """
    digest = hashlib.sha256()
    for row in rows:
        for value in row:
            letter, data = _bytes(value)
            digest.update(b"%s%d:" % (letter, len(data)) + data)
        digest.update(b"\n")
    return digest.hexdigest()


def _bytes(value: Value) -> tuple[bytes, bytes]:
    if value is None:
        return b"n", b""
    if isinstance(value, bytes):
        return b"b", value
    return (b"t", value.encode()) if isinstance(value, str) else (b"i", str(value).encode())


def to_json(rows: Sequence[Sequence[Value]]) -> list[list[object]]:
    """Bytes as `{"hex": digits}`."""
    return [[{"hex": value.hex()} if isinstance(value, bytes) else value for value in row] for row in rows]
