"""Judging a runner or a trace: Python does the same requests on the same bundle and compares line by line."""

import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runtime_py.bundle import Bundle
from runtime_py.files import read_lines
from runtime_py.parity.comparator import PROCESSOR
from runtime_py.parity.trace import rows
from runtime_py.parity.trace.answers import MalformedError, Told, read_answer, read_table
from runtime_py.parity.trace.performer import Performer
from runtime_py.parity.trace.process import RunnerProcess
from runtime_py.parity.trace.requests import Request, to_line
from runtime_py.parity.trace.results import Vectors, compare_results, compare_rows
from runtime_py.parity.trace.steps import compare_calls
from runtime_py.parity.trace.verdict import Report, Verdict
from runtime_py.parity.trace.watch import KNOWN
from runtime_py.progress import Progress, silent

_FACTS = ("protocol", "bundle", "script")
WORK = "requests"
_ALSO_CALLED = {"amd64": "x86_64", "arm64": "aarch64"}


def judge_runner(
    bundle: Bundle,
    requests: Sequence[Request],
    command: str,
    deadline_s: float,
    progress: Progress = silent,
    keep: Path | None = None,
) -> Report:
    """Start `command`, which is given the bundle's folder as its last word, and judge its answers as they come.

    One that says nothing for `deadline_s` seconds is stopped. Raises `ConfigError` for a command that cannot start.
    The file `keep` gets each answer as it comes: what a run that was stopped had heard can be judged as a trace.
    """
    with RunnerProcess(command, bundle.path, deadline_s, keep) as runner:
        return _judge(bundle, requests, runner.send, runner.receive, runner.finish, progress)


def judge_trace(bundle: Bundle, requests: Sequence[Request], path: Path, progress: Progress = silent) -> Report:
    """Judge the answers that stand in a file. Raises `ConfigError` for one that cannot be read."""
    lines = read_lines(path, "trace")

    def receive() -> str:
        found = next(lines, None)
        if found is None:
            raise MalformedError("expected an answer, got the end of the file")
        return found[1]

    def finish() -> None:
        if (more := next(lines, None)) is not None:
            raise MalformedError(f"expected the end of the file, got line {more[0]}")

    return _judge(bundle, requests, lambda _line: None, receive, finish, progress)


def _judge(
    bundle: Bundle,
    requests: Sequence[Request],
    send: Callable[[str], None],
    receive: Callable[[], str],
    finish: Callable[[], None],
    progress: Progress,
) -> Report:
    report = Report()
    vectors: Vectors = {}
    with TemporaryDirectory(prefix="memlora-parity-") as folder:
        performer = Performer(bundle, Path(folder) / "store.db", kept=KNOWN)
        try:
            for request in requests:
                send(to_line(request))
                if request["kind"] == "hello":
                    _greet(report, request, read_answer(receive(), request))
                    if report.found:
                        return report
                else:
                    wanted = json.loads(to_line(performer.respond(request)))
                    _compare(report, request, performer, wanted, read_answer(receive(), request), vectors)
                report.requests += 1
                progress(WORK, report.requests, len(requests), _note(request, report))
            finish()
        except MalformedError as e:
            report.add(Verdict.MALFORMED, report.requests, str(e))
        finally:
            performer.close()
    if not report.found and not report.steps:
        report.add(Verdict.MALFORMED, report.requests, "expected steps to compare, got none; ask for more")
    return report


def _note(request: Request, report: Report) -> str:
    told = f"{report.equal_tokens} of {report.tokens} tokens, {report.equal_steps} of {report.steps} steps equal"
    return f"{request['kind']}, {told}, {len(report.found)} findings"


def _greet(report: Report, request: Request, told: Told) -> None:
    """Whether the runner speaks of the same bundle, requests and protocol."""
    result = told.result
    if not isinstance(result, dict) or set(result) != {*_FACTS, "runtime"} or not isinstance(result["runtime"], str):
        raise MalformedError(f"expected {', '.join(_FACTS)} and runtime, got {result!r:.120} ({told.message})")
    report.runtime = result["runtime"]
    if processor(report.runtime) != processor(platform.machine()):
        report.leg = PROCESSOR
    for name in _FACTS:
        if request[name] != result[name]:
            report.add(Verdict.STALE, request["id"], f"{name}: expected {request[name]!r}, got {result[name]!r:.80}")


def processor(runtime: str) -> str:
    """The kind of processor that a runtime names behind its last comma."""
    name = runtime.rpartition(",")[2].strip().lower()
    return _ALSO_CALLED.get(name, name)


def _compare(
    report: Report, request: Request, performer: Performer, wanted: dict[str, Any], told: Told, vectors: Vectors
) -> None:
    number = request["id"]
    compare_calls(report, number, performer.calls, told.calls)
    if wanted.get("error") != told.error:
        names = [f"the error {name}" if name else "no error" for name in (wanted.get("error"), told.error)]
        message = f"expected {names[0]}, got {names[1]}: {told.message or wanted.get('message')}"
        report.add(Verdict.MEMORY_DIVERGED, number, message)
    elif request["kind"] == "rows" and told.error is None:
        table = request["table"]
        expected = rows.read_rows(performer.store, table)
        compare_rows(report, number, table, expected, read_table(told, table), vectors)
    else:
        compare_results(report, number, wanted.get("result"), told.result)
