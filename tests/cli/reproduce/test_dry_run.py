"""The whole chain in small: every stage, ablation and baseline; a judge behind an endpoint; a second call goes on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.protocol.rows import NONE, ROWS, STAGES
from memlora_cli.main import main
from tests.distill.endpoint import Endpoint, Reply, completion, serve

__all__ = ["serve"]
pytestmark = pytest.mark.slow


def generous(_endpoint: Endpoint, _body: dict[str, Any]) -> tuple[int, bytes]:
    return completion('{"label": "CORRECT"}')


def test_the_dry_run(
    serve: Callable[[Reply], Endpoint], tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint, run = serve(generous), tmp_path / "run"
    asked = ["reproduce", "--dry-run", "--base", str(tiny_base), "--out", str(run)]
    assert main(asked) == 0
    page = (run / "table.md").read_text("utf-8")
    assert page.startswith("# DRY RUN: made-up conversations")
    assert "a fixed rule, no model" in page
    assert "all three experts" in capsys.readouterr().out
    told = json.loads((run / "result.json").read_text("utf-8"))
    assert list(told["rows"]) == [row.name for row in ROWS]
    for name, figures in told["rows"].items():
        assert figures["L"]["seeds"] == (1 if name == NONE else 3)
        assert figures["J"]["n"] == figures["L"]["n"] > 10
    assert set(told["chosen"]) == set(told["selection"]) == set(STAGES)
    for stage, scores in told["selection"].items():
        assert told["chosen"][stage] == max(scores, key=lambda name: scores[name]["L"])

    assert main([*asked, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["made"], again["rows"]) == ([], told["rows"])

    lost = next(run.glob("answers-made-12-*"))
    shutil.rmtree(lost)
    assert main([*asked, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["made"], again["rows"]) == ([lost.name], told["rows"])

    judged = [*asked, "--judge", endpoint.url, "--judge-model", "m", "--json"]
    assert main(judged) == 0
    again = json.loads(capsys.readouterr().out)
    assert {row["J"]["mean"] for row in again["rows"].values()} == {1.0}
    assert all(name.startswith(("scores", "selection")) for name in again["made"])
    assert "Give one sentence of reasoning" in (run / "table.md").read_text("utf-8")
    asked_of_judge = len(endpoint.requests)
    assert main(judged) == 0
    assert len(endpoint.requests) == asked_of_judge + 1  # whether the judge is there
