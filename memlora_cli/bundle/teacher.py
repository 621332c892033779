"""`memlora teacher`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from memlora_cli.bundle.distill import CONCURRENCY, TIMEOUT_S, ConcurrencyOption, TimeoutOption, names_with_data
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results
from runtime_py import operations
from runtime_py.files import Example, read_examples, write_example, write_file_atomic
from runtime_py.progress import Steps

ANSWERS = "answers"


def try_teacher(
    teacher: Annotated[str, typer.Argument(help="An endpoint's URL or a local model's folder.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder that `memlora import written` made.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for its labels.", show_default=False)],
    operation: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Label so many rows an operation, taken evenly.")] = 40,
    split: Annotated[str, typer.Option(help="The split that they are taken from.")] = "train",
    teacher_model: Annotated[str, typer.Option(help="The model's name at the endpoint.")] = "",
    concurrency: ConcurrencyOption = CONCURRENCY,
    timeout: TimeoutOption = TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let a teacher label a few rows whose answers are known, and score it, before `distill` has it label them all.

    Killed and started again, it goes on. What it wrote lies in the folder, a file an operation.
    """
    from distill.cleaning import clean
    from distill.teachers import open_teacher
    from evaluation.figures.tables import as_json, comparison_table
    from evaluation.labels import score_labels

    chosen = open_teacher(teacher, teacher_model, out / ANSWERS, concurrency, timeout)
    figures: dict[str, Any] = {}
    for name in operation or names_with_data(data / "datasets"):
        asked = operations.get(name)
        gold = evenly(read_examples(data / "datasets" / name / f"{split}.jsonl"), rows)
        with drawn_progress() as progress:
            texts = chosen.label(asked, gold, Steps(progress, name, len(gold)).advance)
        labels = [clean(asked, asked.read_input(row.input), text).target for row, text in zip(gold, texts, strict=True)]
        _write(out / f"{name}.jsonl", gold, labels)
        figures[name] = as_json(score_labels(name, gold, labels))
    if json:
        print_json({"teacher": dict(chosen.description), "split": split, "labels": figures})
        return
    for name, scores in figures.items():
        results().print(comparison_table(f"{name}: labels of {split} against the known answers", {"teacher": scores}))


def evenly(rows: Sequence[Example], count: int) -> list[Example]:
    """At most `count` of `rows`, from the first on at equal distances."""
    count = min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def _write(path: Path, gold: Sequence[Example], labels: Sequence[str | None]) -> None:
    """The rows with the teacher's labels as their targets; one whose text was of no use has none."""
    rows = [Example(row.id, row.input, label or "", row.kind) for row, label in zip(gold, labels, strict=True)]
    write_file_atomic(path, "".join(write_example(row) + "\n" for row in rows).encode())
