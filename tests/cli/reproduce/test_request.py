"""`memlora reproduce`: what is wrong is one sentence before anything long begins; the plan counts and runs nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.protocol.protocol import LOCOMO
from memlora_cli.main import main
from memlora_cli.reproduce.endpoints import open_judge
from tests.distill.endpoint import Endpoint, Reply, completion, serve
from tests.evaluation.protocol.test_protocol import EVERY, write

__all__ = ["serve"]


@pytest.fixture
def locomo(tmp_path: Path) -> Path:
    return write(tmp_path / "locomo.json", EVERY)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "no data: expected --data with your copy of LoCoMo's JSON file"),
        ("--data none.json", "none.json: expected a LoCoMo JSON file"),
        ("--data text.txt", "text.txt: expected a LoCoMo JSON file"),
        ("--data other.json", "other.json: expected LoCoMo's fields"),
        ("--data locomo.json --test conv-1", "expected conv-1 (test), got conv-26"),
        ("--data locomo.json", "no base: expected --base"),
        ("--data locomo.json --base .", "base"),
        ("--data locomo.json --plan --seeds 2", "seeds: expected 3 or more, got 2"),
        ("--data locomo.json --plan --protocol none.toml", "protocol none.toml: expected a TOML file"),
        ("--dry-run --data locomo.json", "no --data in a dry run"),
        ("--dry-run --judge-model m", "no judge: expected --judge"),
        ("--dry-run --judge nowhere --judge-model m", "no judge: expected --judge with a URL"),
    ],
)
def test_one_sentence(
    options: str, told: str, locomo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(locomo.parent)
    Path("text.txt").write_text("Ana: I live in Kluvo.\n", "utf-8")
    Path("other.json").write_text('[{"id": 1}]', "utf-8")
    assert main(["reproduce", "--out", "run", *options.split()]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert not Path("run").exists()


def test_a_dry_run_may_have_one_seed(tiny_base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That of the default base has one; its protocol is read with every setting."""
    protocol = LOCOMO.with_name("dry_run_smollm2.toml")
    words = ["reproduce", "--dry-run", "--plan", "--base", str(tiny_base), "--protocol", str(protocol)]
    assert main(words) == 0
    assert "1 seed" in capsys.readouterr().out


def html(_endpoint: Endpoint, _body: dict[str, Any]) -> tuple[int, bytes]:
    return 200, b"<html><body>Welcome to nginx!</body></html>"


def test_a_teacher_that_answers_html(
    locomo: Path,
    tiny_base: Path,
    serve: Callable[[Reply], Endpoint],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint = serve(html)
    asked = ["reproduce", "--data", str(locomo), "--base", str(tiny_base), "--out", str(tmp_path / "run")]
    assert main(asked) == 2
    assert "no teacher: expected --teacher" in capsys.readouterr().err
    assert main([*asked, "--teacher", endpoint.url, "--teacher-model", "m"]) == 2
    error = capsys.readouterr().err
    assert "something else than a chat completion" in error
    assert len(error.splitlines()) == 1
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (html, "something else than a chat completion"),
        (lambda _endpoint, _body: completion("Hello!"), "expected CORRECT for an obviously right answer, got 'Hello!'"),
        (lambda _endpoint, _body: (401, b"{}"), "set a valid key"),
    ],
)
def test_a_judge_that_is_none(
    reply: Reply,
    told: str,
    serve: Callable[[Reply], Endpoint],
    tmp_path: Path,
    tiny_base: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["reproduce", "--dry-run", "--base", str(tiny_base), "--out", str(tmp_path / "run")]
    assert main([*asked, "--judge", serve(reply).url, "--judge-model", "m"]) == 2
    assert told in capsys.readouterr().err


def test_a_judge_gets_no_key_of_another_host_and_is_probed_at_every_start(
    serve: Callable[[Reply], Endpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "JUDGE_API_KEY"):
        monkeypatch.setenv(name, name.lower())
    endpoint = serve(lambda _endpoint, _body: completion("CORRECT"))
    for teacher in ("http://127.0.0.1:1/v1", "", endpoint.url):
        open_judge(endpoint.url, "m", None, teacher, tmp_path, 1, 5.0)
    assert endpoint.keys == ["Bearer judge_api_key", "Bearer judge_api_key", "Bearer openai_api_key"]


def test_the_plan_counts_and_runs_nothing(
    locomo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "--plan", "--data", str(locomo), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    stages = {row["stage"]: row for row in told["stages"]}
    # eight conversations of one exchange, two views; a question each
    assert (stages["teacher: extract"]["calls"], stages["teacher: extract"]["tokens_in"]) == (16, 16 * 757)
    assert stages["teacher: extract"]["dollars"] == pytest.approx(16 * (757 * 0.10 + 30 * 0.50) / 1e6)
    # seven rows of 1306 tokens, three candidates and two more seeds, ten epochs
    assert stages["expert: generate"]["tokens_in"] == 5 * 10 * 7 * 1306
    assert stages["expert: generate"]["hours"] == pytest.approx(5 * 10 * 7 * 1306 * 2.6e9 * 6 / (312e12 * 0.3 * 3600))
    # two test questions by 1 + 8 rows x 3 seeds, one of validation by 3 x 3
    assert stages["judge"]["calls"] == 2 * 25 + 9
    assert told["hours"] == pytest.approx(sum(row["hours"] for row in told["stages"]))
    assert not (tmp_path / "reproduction").exists()
    assert main(["reproduce", "--plan", "--data", str(locomo)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "expert: generate" in shown
    assert "$" in shown
