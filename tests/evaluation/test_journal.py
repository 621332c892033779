from pathlib import Path

import pytest

from evaluation.figures.journal import Journal, fingerprint
from runtime_py.errors import ConfigError


def test_results_come_back_in_a_later_run(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "j.jsonl"
    with Journal(path, "a") as journal:
        journal.add("x", {"v": "né"})
    with Journal(path, "a") as journal:
        assert "x" in journal
        assert journal["x"] == {"v": "né"}
        assert "y" not in journal
        with pytest.raises(ValueError, match="'x' again"):
            journal.add("x", {})


@pytest.mark.parametrize("torn", [1, 5, 30, 75])
def test_a_torn_last_line_is_cut(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path, "a") as journal:
        journal.add("x", {"v": 1})
        size = path.stat().st_size
        journal.add("y", {"v": "z" * 60})
    data = path.read_bytes()
    path.write_bytes(data[: size + torn])
    with Journal(path, "a") as journal:
        assert "x" in journal
        assert "y" not in journal
        journal.add("y", {"v": 2})
    with Journal(path, "a") as journal:
        assert journal["y"] == {"v": 2}


def test_a_torn_header_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"journal": "mem')
    with Journal(path, "a") as journal:
        journal.add("x", {})
    with Journal(path, "a") as journal:
        assert "x" in journal


def test_results_of_something_else_are_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "j.jsonl", "a" * 64).__exit__(None, None, None)
    with pytest.raises(ConfigError, match=r"another bundle.*expected bbbbbbbbbbbb, got aaaaaaaaaaaa"):
        Journal(tmp_path / "j.jsonl", "b" * 64)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j.jsonl").write_text("hello\nworld\n")
    with pytest.raises(ConfigError, match="no evaluation journal"):
        Journal(tmp_path / "j.jsonl", "a")


def test_fingerprint_follows_bytes_and_values(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"1")
    first = fingerprint(file, {"a": 1})
    assert first == fingerprint(file, {"a": 1})
    assert first != fingerprint(file, {"a": 2})
    file.write_bytes(b"2")
    assert first != fingerprint(file, {"a": 1})
