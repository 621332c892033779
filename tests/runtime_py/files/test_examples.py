"""Dataset rows: one strict reader for teachers, training, evaluation and goldens."""

import json
from pathlib import Path

import pytest

from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_examples, write_example

LINE_MARKS = "\u2028\u2029\u0085\v\f\x1c\x1d\x1e\r"


def test_written_rows_are_read_back(tmp_path: Path) -> None:
    rows = [
        Example("1", {"text": f"one{mark}two", "day": None, "n": [1, 2.5, True]}, f"a{mark}b", "k")
        for mark in LINE_MARKS
    ]
    rows = [Example(str(i), row.input, row.target, row.kind) for i, row in enumerate(rows)]
    path = tmp_path / "train.jsonl"
    path.write_bytes("".join(write_example(row) + "\n" for row in rows).encode())
    assert read_examples(path) == rows
    assert read_examples(path, 2) == rows[:2]


def test_marks_that_json_writes_as_themselves_do_not_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    row = {"id": "1", "input": {"a": 1}, "target": "one\u2028two\u2029three\u0085four"}
    path.write_bytes(json.dumps(row, ensure_ascii=False).encode() + b"\r\n\n")
    assert [example.target for example in read_examples(path)] == ["one\u2028two\u2029three\u0085four"]


def test_a_row_without_a_target_is_for_teachers_alone(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"id": "1", "input": {}}\n{"id": "2", "input": {}, "target": null}\n')
    assert read_examples(path, has_targets=False) == [Example("1", {}), Example("2", {})]
    with pytest.raises(ConfigError, match=r"train\.jsonl:1: expected a target text, got none"):
        read_examples(path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"id": "2", "input": {}, "target"', "broken JSON"),
        ('{"id": 2, "input": {}, "target": "t"}', "expected a string under 'id', got a number"),
        ('{"id": "2", "input": [], "target": "t"}', "expected an object under 'input', got a list"),
        ('{"id": "2", "target": "t"}', "expected the key 'input', got none"),
        ('{"id": "2", "input": {}, "target": 3}', "expected a string under 'target', got a number"),
        ('{"id": "2", "input": {}, "target": "t", "kinds": "k"}', "unknown key 'kinds'; did you mean 'kind'"),
        ('{"id": "1", "input": {}, "target": "t"}', "every id once, got '1' again"),
        ('{"id": "2", "id": "3", "input": {}, "target": "t"}', "every key once, got 'id' twice"),
        ('{"id": "2", "input": {"a": ["\\ud800"]}, "target": "t"}', "half a surrogate pair"),
        ('{"id": "2", "input": {"a": NaN}, "target": "t"}', "expected finite numbers, got NaN"),
        ('["id"]', "expected a JSON object, got a list"),
    ],
)
def test_what_is_no_row_names_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"id": "1", "input": {}, "target": "t"}\n' + line + "\n")
    with pytest.raises(ConfigError, match=f"train.jsonl:2: .*{complaint}"):
        read_examples(path)


def test_files_without_rows(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a dataset, found no file; make the datasets first"):
        read_examples(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(ConfigError, match="expected at least one row"):
        read_examples(tmp_path / "empty.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'\n{"id": "\xe9"}\n')
    with pytest.raises(ConfigError, match=r"latin\.jsonl:2: expected UTF-8 text, got byte 0xe9"):
        read_examples(tmp_path / "latin.jsonl")
