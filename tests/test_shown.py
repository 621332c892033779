"""The table of targets: made of its record, each claim by a test that is there, and a false one is found."""

import ast
import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from export.targets import target
from runtime_py.engines.qnn.session import CPU, SIMULATOR
from runtime_py.engines.qnn.socs import SOCS
from tests.shown import RECORD, VARIABLE, show

ROOT = Path(__file__).parents[1]
CLAIMS = json.loads(RECORD.read_text("utf-8"))


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_targets", ROOT / "docs" / "draw_targets.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_table_of_the_record(drawing: ModuleType) -> None:
    text = drawing.PAGE.read_text("utf-8")
    assert text == drawing.page(text, drawing.claims()), "run python docs/draw_targets.py"
    with pytest.raises(ValueError, match="expected the lines"):
        drawing.page("no table", [])


def test_a_row_says_what_all_its_claims_say(drawing: ModuleType) -> None:
    fixed = {"target": "t", "form": "f", "parity": "", "by": "p/q.py::r"}
    one = {**fixed, "operation": "a", "stage": "compiled", "on": "x"}
    ran = {**one, "stage": "run", "on": "CPU", "parity": "good"}
    made = drawing.table([one, {**one, "on": "y"}, ran, {**one, "operation": "b"}])
    assert made.splitlines()[2:] == [
        "| `t` | f | a | yes | x, y | CPU | good | `q.py` |",
        "| `t` | f | b | yes | x | - | - | `q.py` |",
    ]


def test_every_target_ran_and_nothing_is_claimed_of_an_npu() -> None:
    ran = {claim["target"] for claim in CLAIMS if claim["stage"] == "run"}
    assert ran == set(target.names())
    assert {claim["on"] for claim in CLAIMS if claim["stage"] == "run"} <= {CPU, SIMULATOR}
    assert {claim["on"] for claim in CLAIMS if claim["stage"] == "compiled"} <= set(SOCS)


@pytest.mark.parametrize("by", sorted({claim["by"] for claim in CLAIMS}))
def test_a_claim_is_made_by_the_test_that_it_names(by: str) -> None:
    file, _, name = by.partition("::")
    functions = [n for n in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))) if isinstance(n, ast.FunctionDef)]
    (found,) = [function for function in functions if function.name == name]
    called = {ast.unparse(node.func) for node in ast.walk(found) if isinstance(node, ast.Call)}
    assert "show" in called


def test_a_false_claim_fails_and_is_recorded_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "targets.json"
    record.write_text("[]")
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(AssertionError, match=r"targets\.json: expected"):
        show("t", "f", "a", "run", "npu", record=record)
    monkeypatch.setenv(VARIABLE, "1")
    show("t", "f", "a", "run", "cpu", "bad", record=record)
    show("t", "f", "a", "run", "cpu", "good", record=record)
    monkeypatch.delenv(VARIABLE)
    show("t", "f", "a", "run", "cpu", "good", record=record)
    (claim,) = json.loads(record.read_text("utf-8"))
    assert os.environ["PYTEST_CURRENT_TEST"].startswith(claim["by"])
