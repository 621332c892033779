"""`memlora label`, also `memlora distill label`: a teacher's labels for whole dialogues, here or on a cluster."""

from pathlib import Path
from typing import Annotated, Any

import typer

from memlora_cli.bundle.distill import CONCURRENCY, TIMEOUT_S, ConcurrencyOption, TimeoutOption
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results
from runtime_py.errors import ConfigError

HERE, RAY = "local", "ray"


def label(
    dialogues: Annotated[
        Path, typer.Argument(help="A file of dialogues; an oracle's facts are not read.", show_default=False)
    ],
    teacher: Annotated[str, typer.Option(help="The endpoint's URL, before /chat/completions.", show_default=False)],
    teacher_model: Annotated[str, typer.Option(help="The model's name at the endpoint.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for answers and datasets.", show_default=False)],
    on: Annotated[str, typer.Option(help="Where workers run: local (this process), or ray (extra `ray`).")] = HERE,
    workers: Annotated[int, typer.Option(min=1, help="Workers on Ray; each has --concurrency requests at once.")] = 1,
    concurrency: ConcurrencyOption = CONCURRENCY,
    timeout: TimeoutOption = TIMEOUT_S,
    attempts: Annotated[int, typer.Option(min=1, help="Attempts at one answer.")] = 6,
    requests_a_minute: Annotated[float | None, typer.Option(min=0.01, help="At most, all workers together.")] = None,
    tokens_a_minute: Annotated[float | None, typer.Option(min=1, help="At most, all workers together.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell calls, tokens and cost; ask nobody.")] = False,
    price_in: Annotated[float, typer.Option(min=0, help="Of a million prompt tokens, for the estimate.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Of a million answer tokens, for the estimate.")] = 0.0,
    json: JsonOption = False,
) -> None:
    """Let a teacher read dialogues: the datasets of extract and update, for `distill --data`.

    Killed and started again, it asks for what is missing and nothing else. Rows without a label stand in bad.jsonl.
    """
    from contextlib import AbstractContextManager, nullcontext
    from dataclasses import asdict

    from distill.labelling import Job, Prices, Runner, estimate, label_dialogues, run_here
    from distill.labelling.run import ANSWERS
    from distill.teachers.endpoint import EndpointConfig
    from runtime_py.dialogues import read_dialogues

    if on not in (HERE, RAY):
        raise ConfigError(f"--on: expected {HERE} or {RAY}, got {on}; name one of them")
    if on == HERE and workers > 1:
        raise ConfigError(
            f"--workers: expected 1 with --on {HERE}, got {workers}; raise --concurrency or use --on {RAY}"
        )
    config = EndpointConfig(teacher, teacher_model, concurrency=concurrency, timeout_s=timeout, attempts=attempts)
    job = Job(config, out / ANSWERS, workers, requests_a_minute, tokens_a_minute)
    given = list(read_dialogues(dialogues))
    if dry_run:
        told = estimate(job, given, Prices(price_in, price_out))
        if json:
            print_json(asdict(told))
        else:
            _tell({"calls, at most": told.calls, **asdict(told)})
        return
    opened: AbstractContextManager[Runner] = nullcontext(run_here)
    if on == RAY:
        from distill.labelling.on_ray import open_ray

        opened = open_ray(workers)
    with opened as run, drawn_progress() as progress:
        made = label_dialogues(given, job, out, run, progress)
    if json:
        print_json(asdict(made))
        return
    _tell(asdict(made))
    if made.unanswered:
        results().print(f"{made.unanswered} rows have no answer yet: run the same command again to ask for them")


def _tell(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        results().print(f"{name.replace('_', ' ')}: {value}", markup=False)
