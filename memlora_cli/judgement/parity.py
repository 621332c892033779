"""`memlora parity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memlora_cli.opening import BundleArgument, JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results
from runtime_py.errors import ConfigError

if TYPE_CHECKING:
    from runtime_py.bundle import Bundle


def parity(
    bundle: BundleArgument,
    runner: Annotated[str | None, typer.Option(help="A command that answers; it is given the bundle's folder.")] = None,
    trace: Annotated[Path | None, typer.Option(help="A file of answers, as a phone wrote it.")] = None,
    keep: Annotated[Path | None, typer.Option(help="The runner's answers go into this file, too, for --trace.")] = None,
    requests: Annotated[Path | None, typer.Option(help="Write what a phone is to answer into this file.")] = None,
    dialogue: Annotated[Path | None, typer.Option(help="A file of dialogues instead of the own conversation.")] = None,
    turns: Annotated[int, typer.Option(min=0, help="The most turns of --dialogue.")] = 300,
    goldens: Annotated[int | None, typer.Option(min=0, help="Prompts of each golden; default: all.")] = None,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds for one answer of the runner.")] = 300.0,
    json: JsonOption = False,
) -> int:
    """Judge another runtime on a bundle: by its answers, Python's own beside them. Exit code 1 when they differ, 2 when
    they are no answers.
    """
    from runtime_py.bundle import Bundle
    from runtime_py.parity.trace import judge_runner, judge_trace, requests_of, to_line

    given = [name for name, value in (("--runner", runner), ("--trace", trace), ("--requests", requests)) if value]
    if len(given) != 1:
        raise ConfigError(
            f"nothing to judge: expected one of --runner, --trace and --requests, got {' and '.join(given) or 'none'}"
        )
    if keep and not runner:
        raise ConfigError(f"nothing to keep: expected --runner with --keep, got {given[0]}; leave out --keep")
    opened = Bundle.open(bundle)
    asked = requests_of(opened, _talk(opened, dialogue, turns), goldens)
    if requests:
        from runtime_py.files import write_file_atomic

        write_file_atomic(requests, "".join(map(to_line, asked)).encode())
        return 0
    with drawn_progress() as progress:
        report = (
            judge_runner(opened, asked, runner, deadline, progress, keep)
            if runner
            else judge_trace(opened, asked, trace or Path(), progress)
        )
    if json:
        print_json(report.to_json())
    else:
        _show(report.to_json())
    return report.verdict.exit_code


def _talk(bundle: "Bundle", dialogue: Path | None, turns: int) -> list[dict[str, Any]]:
    from runtime_py.dialogues import read_dialogues
    from runtime_py.parity.trace import conversation, dialogue_requests

    return dialogue_requests(read_dialogues(dialogue), turns) if dialogue else conversation(bundle)


def _show(row: dict[str, Any]) -> None:
    tokens, steps, rows = (f"{row[f'equal_{name}']} of {row[name]} {name}" for name in ("tokens", "steps", "rows"))
    results().print(f"{row['verdict']}: {row['runtime'] or 'no runtime'}", markup=False)
    results().print(
        f"{row['requests']} requests, {row['calls']} calls; equal: {tokens}, {steps} (to the last bit), {rows}; "
        f"largest relative error {row['max_relative_error']:.2g}",
        markup=False,
    )
    for found in row["found"]:
        results().print(f"  request {found['request']}, {found['verdict']}: {found['message']}", markup=False)
    if (more := row["findings"] - len(row["found"])) > 0:
        results().print(f"  and {more} more", markup=False)
