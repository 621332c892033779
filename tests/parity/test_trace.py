"""Another runtime is judged by Python alone: Python's own runner passes, every planted error is caught."""

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime_py.bundle import Bundle
from runtime_py.errors import ConfigError
from runtime_py.parity.trace import Report, Verdict, conversation, judge_runner, judge_trace, requests_of, to_line
from runtime_py.parity.trace.performer import Performer
from runtime_py.parity.trace.requests import Request
from tests.parity import planted
from tests.parity.planted import Answers

TALK: list[Request] = [
    {"kind": "add", "user": "ana", "date": "2026-03-02", "messages": [{"role": "user", "content": "I live in Kluvo."}]},
    {
        "kind": "add",
        "user": "ana",
        "date": "2026-03-03",
        "messages": [{"role": "user", "content": "I moved to Paris."}],
    },
    {"kind": "ask", "user": "ana", "question": "Where do I live?", "date": "2026-03-04"},
    {"kind": "edit", "user": "ana", "memory": 99, "text": "Nobody's."},
]
PYTHON = f"{shlex.quote(sys.executable)} -m runtime_py.parity.runner"


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.open(tiny_bundle)


@pytest.fixture(scope="module")
def asked(bundle: Bundle) -> list[Request]:
    return requests_of(bundle, TALK, goldens=1)


def perform(bundle: Bundle, asked: list[Request], store: Path) -> Answers:
    performer = Performer(bundle, store)
    try:
        return [json.loads(to_line(performer.respond(request))) for request in asked]
    finally:
        performer.close()


@pytest.fixture(scope="module")
def written(bundle: Bundle, asked: list[Request], tmp_path_factory: pytest.TempPathFactory) -> str:
    answers = perform(bundle, asked, tmp_path_factory.mktemp("answers") / "store.db")
    return "".join(map(to_line, answers))


def answers_of(text: str) -> Answers:
    return [json.loads(line) for line in text.splitlines()]


def judge_lines(bundle: Bundle, asked: list[Request], text: str, folder: Path) -> Report:
    path = folder / "trace.jsonl"
    path.write_text(text, "utf-8")
    return judge_trace(bundle, asked, path)


def table(answers: Answers, asked: list[Request], name: str) -> dict[str, Any]:
    number = next(request["id"] for request in asked if request.get("table") == name)
    result: dict[str, Any] = answers[number]["result"]
    return result


def test_pythons_runner_passes(bundle: Bundle, asked: list[Request], written: str, tmp_path: Path) -> None:
    kept, told = tmp_path / "answers.jsonl", []
    report = judge_runner(bundle, asked, PYTHON, 120, lambda *step: told.append(step), kept)
    assert kept.read_text("utf-8") == written
    assert (told[-1][1:3], told[-1][3].split(",")[0]) == ((len(asked), len(asked)), "end")
    assert (report.verdict, report.requests) == (Verdict.PASS, len(asked))
    assert report.tokens == report.equal_tokens > 50
    assert report.steps == report.equal_steps > 50
    assert report.rows == report.equal_rows > 10
    assert "onnxruntime" in report.runtime


def test_a_trace_passes(bundle: Bundle, asked: list[Request], written: str, tmp_path: Path) -> None:
    report = judge_lines(bundle, asked, written, tmp_path)
    assert (report.verdict, report.found) == (Verdict.PASS, [])


@pytest.mark.parametrize(
    ("plant", "verdict"),
    [
        (planted.swap_tokens, Verdict.TOKEN_DIVERGED),
        (planted.other_input, Verdict.TOKEN_DIVERGED),
        (planted.end_early, Verdict.TOKEN_DIVERGED),
        (planted.leave_out_a_call, Verdict.TOKEN_DIVERGED),
        (planted.drift, Verdict.DRIFT),
        (planted.logit_of_another_token, Verdict.DRIFT),
        (planted.other_answer, Verdict.MEMORY_DIVERGED),
        (planted.no_error, Verdict.MEMORY_DIVERGED),
        *((stale, Verdict.STALE) for stale in (planted.other_bundle, planted.other_requests, planted.other_version)),
        *(
            (broken, Verdict.MALFORMED)
            for broken in (
                planted.nan,
                planted.leave_out_a_step,
                planted.wrong_hash,
                planted.dropped,
                planted.doubled,
                planted.reordered,
            )
        ),
        *(
            (broken, Verdict.MALFORMED)
            for broken in (planted.without_an_end, planted.with_more, planted.unknown_key, planted.missing_key)
        ),
    ],
)
def test_a_planted_error_is_caught(
    plant: Callable[[Answers], None],
    verdict: Verdict,
    bundle: Bundle,
    asked: list[Request],
    written: str,
    tmp_path: Path,
) -> None:
    answers = answers_of(written)
    plant(answers)
    report = judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path)
    assert report.verdict is verdict, report.found


def test_where_tokens_part_is_told_with_the_margin(
    bundle: Bundle, asked: list[Request], written: str, tmp_path: Path
) -> None:
    answers = answers_of(written)
    call = planted.golden(answers)
    chosen = next(place for place, _ in call["steps"]) - len(call["prompt"]) + 1
    call["tokens"][chosen] += 1
    (found,) = judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path).found
    assert f"token {chosen}: expected" in found.message
    assert "apart" in found.message


@pytest.mark.parametrize("cut", [-1, -2, 40, 3000])
def test_a_truncated_file_is_malformed(
    cut: int, bundle: Bundle, asked: list[Request], written: str, tmp_path: Path
) -> None:
    report = judge_lines(bundle, asked, written[:cut] if cut < -1 else written[: cut - 40], tmp_path)
    assert report.verdict is Verdict.MALFORMED


@pytest.mark.parametrize(
    "text", ["", "\n", "[]\n", "{}\n", "null\n", '{"id":0,"kind":"hello","calls":[],"result":7}\n']
)
def test_what_is_no_trace_is_malformed(text: str, bundle: Bundle, asked: list[Request], tmp_path: Path) -> None:
    assert judge_lines(bundle, asked, text, tmp_path).verdict is Verdict.MALFORMED


def test_another_adapter_is_caught(bundle: Bundle, asked: list[Request], tmp_path: Path) -> None:
    """A runner that says that it is the same bundle, with the adapter of another operation."""
    entries = bundle.manifest.operations
    wrong = replace(entries["extract"], adapter=entries["update"].adapter)
    manifest = replace(bundle.manifest, operations={**entries, "extract": wrong})
    answers = perform(replace(bundle, manifest=manifest, _shared={}), asked, tmp_path / "store.db")
    answers[0]["result"]["bundle"] = bundle.sha256
    report = judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path)
    assert report.verdict is Verdict.TOKEN_DIVERGED


@pytest.mark.parametrize(
    ("rows", "column", "value", "verdict"),
    [
        ("memories", 2, "I live in Rome.", Verdict.MEMORY_DIVERGED),
        ("exchanges", 4, "empty", Verdict.MEMORY_DIVERGED),
        ("embeddings", 1, {"hex": "0000803f"}, Verdict.DRIFT),
    ],
)
def test_another_row_is_caught(
    rows: str,
    column: int,
    value: Any,
    verdict: Verdict,
    bundle: Bundle,
    asked: list[Request],
    written: str,
    tmp_path: Path,
) -> None:
    """Its hash is right."""
    from runtime_py.parity.trace.rows import rows_sha256

    answers = answers_of(written)
    result = table(answers, asked, rows)
    result["rows"][0][column] = value
    plain = [[bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in row] for row in result["rows"]]
    result["sha256"] = rows_sha256(plain)
    assert judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path).verdict is verdict


@pytest.mark.parametrize(
    ("machine", "verdict"),
    [("aarch64", Verdict.PASS), ("arm64", Verdict.PASS), ("AMD64", Verdict.DRIFT), ("x86_64", Verdict.DRIFT)],
)
def test_another_processor_may_round_otherwise(
    machine: str,
    verdict: Verdict,
    bundle: Bundle,
    asked: list[Request],
    written: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    answers = answers_of(written)
    answers[0]["result"]["runtime"] = f"Kotlin on Java 17, onnxruntime 1.29.0, {machine}"
    planted.drift(answers)
    assert judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path).verdict is verdict
    planted.swap_tokens(answers)
    assert judge_lines(bundle, asked, "".join(map(to_line, answers)), tmp_path).verdict is Verdict.TOKEN_DIVERGED


def script(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import time; time.sleep(60)", "expected an answer within 1 s"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('Hello!', flush=True); input(); input()", "broken JSON"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush(); input(); input()", "expected UTF-8"),
        ("print('{\"id\":0', end='', flush=True)", "7 bytes of one"),
    ],
)
def test_a_runner_that_hangs_dies_or_babbles(code: str, told: str, bundle: Bundle, asked: list[Request]) -> None:
    report = judge_runner(bundle, asked, script(code), 1.0 if "sleep" in code else 60.0)
    assert report.verdict is Verdict.MALFORMED
    assert told in report.found[0].message


@pytest.mark.parametrize(
    ("last", "told"), [("sys.exit(4)", "exit code 0, got 4"), ("print('more')", "expected the end")]
)
def test_a_runner_must_end_well(
    last: str, told: str, bundle: Bundle, asked: list[Request], written: str, tmp_path: Path
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(written, "utf-8")
    code = f"import sys\nfor line in open({str(path)!r}): input(); print(line, end='', flush=True)\n{last}"
    report = judge_runner(bundle, asked, script(code), 60.0)
    assert report.verdict is Verdict.MALFORMED
    assert told in report.found[0].message


def test_a_runner_that_answers_unasked_and_is_gone_has_a_verdict(
    bundle: Bundle, asked: list[Request], written: str, tmp_path: Path
) -> None:
    """What it was sent last lies in a pipe that nobody reads."""
    path = tmp_path / "trace.jsonl"
    path.write_text(written, "utf-8")
    code = f"import os, sys; sys.stdout.write(open({str(path)!r}).read()); sys.stdout.flush(); os._exit(7)"
    report = judge_runner(bundle, asked, script(code), 60.0)
    assert report.verdict is Verdict.MALFORMED
    assert "exit code 0, got 7" in report.found[0].message


def test_a_command_that_is_none_is_the_users_mistake(bundle: Bundle, asked: list[Request]) -> None:
    with pytest.raises(ConfigError, match="cannot start the runner"):
        judge_runner(bundle, asked, "no-such-command", 1.0)


def test_the_own_conversation_takes_every_kind_of_request() -> None:
    kinds = {request["kind"] for request in conversation()}
    assert kinds == {"add", "ask", "search", "list", "history", "edit", "delete", "delete_all", "undo"}


@pytest.mark.parametrize("verdict", Verdict)
def test_exit_codes(verdict: Verdict) -> None:
    expected = {Verdict.PASS: 0, Verdict.STALE: 2, Verdict.MALFORMED: 2}
    assert verdict.exit_code == expected.get(verdict, 1)
