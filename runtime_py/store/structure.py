"""Which tables a store has, and the refusal of one with fewer, more or others."""

import sqlite3
from functools import cache
from pathlib import Path

from runtime_py.errors import StoreError
from runtime_py.store.migrations import Migrations, run_step

_OBJECTS = (
    "SELECT name, type, tbl_name, coalesce(CAST(sql AS TEXT), '') FROM sqlite_schema "
    "WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
"""A damaged schema may hold an object without its text."""
_COLUMNS = 'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?)'
_STRICT = "SELECT strict FROM pragma_table_list(?) WHERE schema = 'main'"
_INDEXED = "SELECT name FROM pragma_index_info(?)"
Shape = tuple[object, ...]


def refuse_other_tables(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    """Raises `StoreError` unless the file has the tables, columns and indexes that `migrations` make, and no more.

    A trigger or view of another program could change what is written, and a table of its own would outlive forgetting.
    """
    found, expected = _shapes(connection), _expected(migrations)
    missing = sorted(expected.keys() - found.keys())
    if missing:
        raise StoreError(
            f"the store {path} is damaged: expected the {expected[missing[0]][0]} {missing[0]}, got none; restore it "
            "from a copy",
            "unlinkable parts",
        )
    foreign = sorted(found.keys() - expected.keys())
    changed = sorted(name for name, shape in found.items() if expected.get(name, shape) != shape)
    for name in foreign + changed:
        raise StoreError(
            f"the store {path} is not as memlora makes it: expected its own tables alone, got {found[name][0]} {name} "
            f"{'of another program' if name in foreign else 'with another definition'}; restore it from a copy",
            "invalid values",
        )


@cache
def _expected(migrations: Migrations) -> dict[str, Shape]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for steps in migrations:
            for step in steps:
                run_step(connection, step)
        return _shapes(connection)
    finally:
        connection.close()


def _shapes(connection: sqlite3.Connection) -> dict[str, Shape]:
    """What each object is; SQLite rewrites the text of an altered table, so tables are compared by their columns."""
    shapes: dict[str, Shape] = {}
    for name, kind, table, sql in connection.execute(_OBJECTS).fetchall():
        if kind == "table" and sql.upper().startswith("CREATE VIRTUAL"):
            shapes[name] = (kind, sql)
        elif kind == "table":
            columns = connection.execute(_COLUMNS, (name,)).fetchall()
            shapes[name] = (kind, tuple(columns), connection.execute(_STRICT, (name,)).fetchone())
        elif kind == "index":
            condition = sql.upper().partition(" WHERE ")[2]
            columns = connection.execute(_INDEXED, (name,)).fetchall()
            shapes[name] = (kind, table, "UNIQUE" in sql.upper().split(), tuple(columns), condition)
        else:
            shapes[name] = (kind,)
    return shapes
