"""`memlora teacher`: a scripted teacher labels a few rows, and its labels are scored."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memlora_cli.bundle.teacher import evenly
from memlora_cli.main import main
from runtime_py.files import Example, read_examples
from tests.distill.endpoint import Endpoint, Reply, completion, serve

__all__ = ["serve"]
PLACES = ["Oslo", "Rome", "Lima", "Bern", "Nice", "York"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "datasets" / "generate"
    folder.mkdir(parents=True)
    rows = [
        {
            "id": place,
            "input": {"question": "Where do I live?", "memories": [{"text": f"I live in {place}.", "date": None}]},
            "target": place,
            "kind": "single_hop",
        }
        for place in PLACES
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path / "data"


def _reply(_endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
    """Right for Oslo, wrong for Lima, nothing at all for Nice."""
    prompt = body["messages"][0]["content"]
    return completion("Oslo" if "Oslo" in prompt else "Paris" if "Lima" in prompt else "")


def test_a_scripted_teacher_is_scored(
    serve: Callable[[Reply], Endpoint], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = serve(_reply)
    asked = ["teacher", endpoint.url, "--teacher-model", "m", "--data", str(data), "--out", str(tmp_path / "tried")]
    asked += ["--concurrency", "1", "--timeout", "30"]
    assert main([*asked, "--rows", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["teacher"]["model"] == "m"
    figures = {name: (row["k"], row["n"]) for name, row in told["labels"]["generate"].items()}
    assert figures["labelled"] == (2, 3)
    assert figures["answered"] == (1, 2)
    written = read_examples(tmp_path / "tried" / "generate.jsonl", has_targets=False)
    assert [(row.id, row.target) for row in written] == [("Oslo", "Oslo"), ("Lima", "Paris"), ("Nice", "")]
    assert main([*asked, "--rows", "3"]) == 0
    assert "generate: labels of train against the known answers" in capsys.readouterr().out
    assert endpoint.most_busy == 1
    assert len(endpoint.requests) == 3, "answers are kept: the second run asks for none"


def test_a_teacher_that_is_none_is_one_sentence(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["teacher", "nobody", "--data", str(data), "--out", str(tmp_path / "tried")]) == 2
    assert "unknown teacher: expected oracle, a URL or a folder" in capsys.readouterr().err


def test_rows_are_taken_evenly() -> None:
    rows = [Example(str(number), {}) for number in range(10)]
    assert [row.id for row in evenly(rows, 4)] == ["0", "2", "5", "7"]
    assert evenly(rows, 20) == rows
