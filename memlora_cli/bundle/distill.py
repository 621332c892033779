"""`memlora distill`: a teacher's labels, then one adapter per operation."""

import os
from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.arguments import refuse_overwriting
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results
from runtime_py import operations
from runtime_py.errors import ConfigError

CONCURRENCY, TIMEOUT_S = 8, 120.0
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="An endpoint's requests at once; 1 for a slow one.")]
TimeoutOption = Annotated[float, typer.Option(min=1, help="Seconds that an endpoint's answer may take.")]


def distill(
    base: Annotated[Path, typer.Argument(help="Folder of the int4 base that ships.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder that `memlora corpus` made.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the adapters.", show_default=False)],
    operation: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    preset: Annotated[str, typer.Option(help="quick, full or paper.")] = "full",
    config: Annotated[Path | None, typer.Option(help="TOML with settings that differ from the preset.")] = None,
    teacher: Annotated[str, typer.Option(help="oracle, an endpoint's URL, or a local model's folder.")] = "oracle",
    teacher_model: Annotated[str, typer.Option(help="The model's name at the endpoint.")] = "",
    concurrency: ConcurrencyOption = CONCURRENCY,
    timeout: TimeoutOption = TIMEOUT_S,
    base_precision: Annotated[str, typer.Option(help="int4, or bf16 for comparison.")] = "int4",
    checkpoint: Annotated[Path | None, typer.Option(help="With bf16: the unquantized checkpoint.")] = None,
    start: Annotated[Path | None, typer.Option(help="Folder of adapters to begin with.")] = None,
    json: JsonOption = False,
) -> None:
    """Teach the experts. Killed and started again, it goes on; what is finished and unchanged is left alone."""
    from distill.training.config import load_config
    from distill.training.start import train_expert

    refuse_overwriting(out, [data / "datasets"])
    names = operation or names_with_data(data / "datasets")
    labels = out.with_name(f"{out.name}.labels")
    datasets = label(data / "datasets", labels, names, teacher, teacher_model, concurrency, timeout)
    made = {}
    for name in names:
        settings = load_config(name, preset, config)
        with drawn_progress() as progress:
            given = (name, base, datasets, out, settings, preset, base_precision, checkpoint, start, progress)
            made[name] = str(train_expert(*given))  # type: ignore[arg-type]
        if not json and is_first():
            results().print(f"{name}: {made[name]}", markup=False)
    if json and is_first():
        print_json(made)


def is_first() -> bool:
    """Whether this is the process that tells what all of `accelerate launch` have done."""
    return os.environ.get("RANK", "0") == "0"


def names_with_data(datasets: Path) -> list[str]:
    """Every operation with data; where there is some for several forms of one operation, its first alone."""
    there = [name for name in operations.taught() if (datasets / name).is_dir()]
    chosen = [
        name
        for name in there
        if next(form for form in operations.forms(operations.get(name).work) if form in there) == name
    ]
    if not chosen:
        raise ConfigError(
            f"no data: expected a folder per operation in {datasets}, got none; `memlora corpus` makes some"
        )
    return chosen


def label(
    source: Path, out: Path, names: list[str], teacher: str, model: str, concurrency: int, timeout_s: float
) -> Path:
    """The folder with labelled data: the corpus's own for the oracle, else `out`, filled by the teacher."""
    from distill.teachers import ORACLE, label_datasets, open_teacher

    if teacher == ORACLE:
        return source
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "--teacher: expected oracle where several processes train, got an endpoint or a model, which each of them "
            "would ask; label first with one process"
        )
    chosen = open_teacher(teacher, model, out / "answers", concurrency, timeout_s)
    with drawn_progress() as progress:
        return label_datasets(source, chosen, out, names, progress)
