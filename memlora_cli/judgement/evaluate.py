"""`memlora eval`."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation.bench.tables import check_plot
from evaluation.figures.plots import plot_result
from evaluation.figures.tables import result_tables
from evaluation.suites import MODELS, evaluate_everyday, evaluate_lines, evaluate_locomo, evaluate_synthetic
from memlora_cli.opening import BundleArgument, EngineOption, JsonOption, read_date
from memlora_cli.terminal import drawn_progress, print_json, results, say
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError

_DATA = "The folder of `memlora corpus`, of `memlora import written` or of statements.txt; locomo: its file."

_REPORTED = ("synthetic", "everyday", "lines")


def evaluate(
    bundle: BundleArgument,
    suite: Annotated[str, typer.Option(help="synthetic, locomo, everyday, lines or vision.")] = "synthetic",
    data: Annotated[Path | None, typer.Option(help=_DATA)] = None,
    out: Annotated[Path, typer.Option(help="Folder that keeps results as they come.")] = Path("evaluation-results"),
    split: Annotated[list[str] | None, typer.Option(help="A split; default: the suite's tests.")] = None,
    operations: Annotated[bool, typer.Option(help="Score each operation by itself.")] = True,
    end_to_end: Annotated[bool, typer.Option(help="Score whole dialogues, stage by stage.")] = True,
    stages: Annotated[list[str] | None, typer.Option(help="Only these stages or ways of answering.")] = None,
    memories: Annotated[int | None, typer.Option(help="Memories in an answer's prompt; default: the bundle's.")] = None,
    limit: Annotated[int | None, typer.Option(help="Rows per operation and split; everyday: dialogues.")] = None,
    dialogues: Annotated[int | None, typer.Option(help="Whole dialogues per split.")] = None,
    day: Annotated[str, typer.Option(help="lines: the day on which it is said and asked.")] = "today",
    sample: Annotated[str, typer.Option(help="locomo: the conversation.")] = "conv-26",
    store: Annotated[Path | None, typer.Option(help="locomo: a store filled by `memlora ingest`.")] = None,
    user: Annotated[str | None, typer.Option(help="locomo: that store's user.")] = None,
    engine: EngineOption = DEFAULT,
    plot: Annotated[Path | None, typer.Option(help="Draw the headline figures into this file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page with the figures; not for locomo.")] = None,
    json: JsonOption = False,
) -> None:
    """Score a bundle; killed and started again, it goes on."""
    if data is None:
        raise ConfigError("no data: expected --data with what to score on, got none; `memlora corpus` makes some")
    if plot:
        check_plot(plot)
    if report and suite not in _REPORTED:
        raise ConfigError(f"no report: expected the suite {', '.join(_REPORTED)}, got {suite}; leave --report out")
    result: dict[str, Any]
    if suite == "synthetic":
        from evaluation.synthetic.stages import STAGE_SETS

        with drawn_progress() as progress:
            result = evaluate_synthetic(
                bundle,
                data,
                out,
                split or ("test", "test_templates"),
                engine,
                None if operations else (),
                MODELS,
                tuple(stages or STAGE_SETS) if end_to_end else (),
                limit,
                dialogues,
                memories,
                progress,
            )
    elif suite in ("everyday", "lines"):
        from evaluation.everyday.dialogue import WAYS

        ways = tuple(stages or WAYS)
        with drawn_progress() as progress:
            if suite == "lines":
                result = evaluate_lines(bundle, data, _said_on(day), out, engine, ways, memories, progress)
            else:
                result = evaluate_everyday(
                    bundle, data, out, split or ("test",), engine, ways, limit, memories, progress
                )
    elif suite == "locomo":
        with drawn_progress() as progress:
            result = evaluate_locomo(bundle, data, sample, out, store, user, engine, memories, progress)
    elif suite == "vision":
        from evaluation.vision.suite import evaluate_vision

        with drawn_progress() as progress:
            result = evaluate_vision(bundle, data, out, tuple(split or ("test",)), engine, limit, progress)
    else:
        raise ConfigError(
            f"unknown suite: expected synthetic, locomo, everyday, lines or vision, got {suite!r}; correct --suite"
        )
    if plot:
        say(f"plot: {plot_result(result, plot)}")
    if report:
        from export.report.page import write_report

        say(f"report: {write_report(bundle, {'accuracy': result}, report)}")
    if json:
        print_json(result)
        return
    for table in result_tables(result):
        results().print(table)


def _said_on(text: str) -> date:
    day = read_date(text)
    if day is None:
        raise ConfigError(f"wrong day: expected one like 2026-11-26 or today, got {text!r}; correct --day")
    return day
