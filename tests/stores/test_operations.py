"""Random operations: replayed, they give the same answers and the same rows, and no fault."""

import sqlite3
from pathlib import Path

from tests.stores.operations import replay, write


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}
    connection.close()
    return rows


def test_operations_are_replayed(tmp_path: Path) -> None:
    write(tmp_path, 7, 120, 60)
    assert replay(tmp_path / "again.db", tmp_path / "first.jsonl") == []
    assert rows_of(tmp_path / "again.db") == rows_of(tmp_path / "first.db")
    assert replay(tmp_path / "again.db", tmp_path / "second.jsonl") == []
    assert rows_of(tmp_path / "again.db") == rows_of(tmp_path / "both.db")
    done = {line.split('"do": "')[1].split('"')[0] for line in (tmp_path / "first.jsonl").read_text().splitlines()}
    assert {"put", "add", "update", "supersede", "forget", "undo", "search", "photo", "photos", "forget_photo"} <= done
