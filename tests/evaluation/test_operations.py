import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.tables import as_json, comparison_table
from evaluation.synthetic.operations import evaluate_operations
from runtime_py.errors import ConfigError
from tests.evaluation.fakes import FakeRunner, compact

EXTRACT = [
    {"id": f"e{i}", "input": {"date": None, "messages": [{"role": "user", "speaker": "Ana", "text": f"t{i}"}]},
     "target": compact({"facts": [f"Ana likes {i}", "Ana is here"]})}
    for i in range(4)
]  # fmt: skip
SELECT = [
    {"id": f"s{i}", "input": EXTRACT[i]["input"], "target": compact({"keep": [1, 3] if i else []})} for i in range(3)
]
UPDATE = [
    {"id": "u0", "input": {"memories": ["a"], "facts": ["b"]},
     "target": compact({"memory": [{"id": "0", "text": "b", "event": "UPDATE"}]})},
    {"id": "u1", "input": {"memories": ["a"], "facts": ["c"]},
     "target": compact({"memory": [{"id": "1", "text": "c", "event": "ADD"}]})},
]  # fmt: skip
GENERATE = [
    {"id": "g0", "input": {"question": "q0", "memories": []}, "kind": "unanswerable",
     "target": "no information available"},
    {"id": "g1", "input": {"question": "q1", "memories": []}, "target": "Kluvo", "kind": "value"},
    {"id": "g2", "input": {"question": "q2", "memories": []}, "target": "tea, rice", "kind": "list"},
]  # fmt: skip


def answer(operation: str, given: Mapping[str, Any]) -> str:
    if operation == "extract":
        text = given["messages"][0]["text"]
        return "no JSON" if text == "t3" else compact({"facts": [f"ana likes {text[1:]}."]})
    if operation == "select":
        return compact({"keep": {"t0": [], "t1": [3, 2], "t2": [1, 3, 9]}[given["messages"][0]["text"]]})
    if operation == "update":
        return compact({"memory": [{"id": "0", "text": "c", "event": "UPDATE" if given["facts"] == ["b"] else "ADD"}]})
    return {"q0": "No information available", "q1": "Kluvo town", "q2": "rice and tea"}[given["question"]]


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    for rows in (EXTRACT, SELECT, UPDATE, GENERATE):
        name = {"e": "extract", "s": "select", "u": "update", "g": "generate"}[str(rows[0]["id"])[0]]
        folder = tmp_path / "datasets" / name
        folder.mkdir(parents=True)
        (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "datasets"


def test_figures(tmp_path: Path, datasets: Path) -> None:
    figures = evaluate_operations(FakeRunner(answer), datasets, "test", tmp_path / "out")
    extract = figures["extract"]["experts"]
    assert extract["valid JSON"] == Share(3, 4)
    assert isinstance(extract["fact F1"], Ratio)
    assert extract["fact F1"].value == pytest.approx(2 * 3 / (3 + 8))
    assert extract["facts found"] == Share(3, 8)
    select = figures["select"]["experts"]
    assert isinstance(select["sentence F1"], Ratio)
    assert select["sentence F1"].value == pytest.approx(2 * 3 / (5 + 4))
    assert (select["sentences found"], select["sentences right"]) == (Share(3, 4), Share(3, 5))
    assert select["all sentences exact"] == Share(1, 3)
    update = figures["update"]["experts"]
    assert (update["event and id"], update["update text exact"]) == (Share(2, 2), Share(1, 2))
    generate = figures["generate"]["experts"]
    assert (generate["exact"], generate["exact, list"], generate["exact, value"]) == (
        Share(2, 3),
        Share(1, 1),
        Share(0, 1),
    )
    # The base's unparsable update becomes the fallback, which adds every fact: right for one gold row of two.
    assert figures["update"]["base"]["valid JSON"] == Share(0, 2)
    assert figures["update"]["base"]["event and id"] == Share(1, 2)


def test_a_stopped_run_goes_on_and_gives_the_same(tmp_path: Path, datasets: Path) -> None:
    whole = evaluate_operations(FakeRunner(answer), datasets, "test", tmp_path / "a")
    stopped = FakeRunner(answer, stop_after=7)
    with pytest.raises(KeyboardInterrupt):
        evaluate_operations(stopped, datasets, "test", tmp_path / "b")
    later = FakeRunner(answer)
    assert evaluate_operations(later, datasets, "test", tmp_path / "b") == whole
    assert later.runs == 2 * 12 - 7
    again = FakeRunner(answer)
    assert evaluate_operations(again, datasets, "test", tmp_path / "b") == whole
    assert again.runs == 0


def test_another_bundle_does_not_mix(tmp_path: Path, datasets: Path) -> None:
    evaluate_operations(FakeRunner(answer), datasets, "test", tmp_path / "a")
    with pytest.raises(ConfigError, match="another bundle"):
        evaluate_operations(FakeRunner(answer, config="other"), datasets, "test", tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty file"),
        ("{}\n", ":1: expected the key 'id'"),
        ("[\n", ":1:"),
        (2 * (json.dumps(EXTRACT[0]) + "\n"), ":2:"),
    ],
)
def test_bad_data_is_named(tmp_path: Path, datasets: Path, text: str, message: str) -> None:
    (datasets / "extract" / "test.jsonl").write_text(text)
    with pytest.raises(ConfigError, match=message):
        evaluate_operations(FakeRunner(answer), datasets, "test", tmp_path / "a")


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"extract/test\.jsonl"):
        evaluate_operations(FakeRunner(answer), tmp_path, "test", tmp_path / "a")


def test_table_never_shows_a_bare_share(tmp_path: Path, datasets: Path) -> None:
    figures = as_json(evaluate_operations(FakeRunner(answer), datasets, "test", tmp_path / "a"))
    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(comparison_table("update", figures["update"]))
    text = console.export_text()
    assert "2/2 1.000 [0.342, 1.000]" in text
    assert "0/2 0.000 [0.000, 0.658]" in text
