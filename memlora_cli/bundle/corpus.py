"""`memlora corpus` and `memlora import`: dialogues and datasets on disk."""

from pathlib import Path
from typing import Annotated

import typer

from distill.corpus.generate import generate_dialogues
from distill.corpus.import_chat import import_chat
from distill.corpus.words import SPLITS
from distill.datasets.build import build_datasets, write_datasets
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, progress_bar, results
from runtime_py import operations
from runtime_py.dialogues import read_dialogues, read_locomo, write_dialogues
from runtime_py.files import is_current, read_manifest

HELD_OUT = tuple(split for split in SPLITS if split != "train")
_ENDLESS = 10**9

OutFile = Annotated[Path, typer.Option("--out", help="JSONL file to write.", show_default=False)]
import_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Write the dialogue format.")


def corpus(
    out: Annotated[Path, typer.Option("--out", help="Folder to fill.", show_default=False)],
    rows: Annotated[int, typer.Option(help="Training rows per operation.", min=1)] = 20_000,
    held_out_rows: Annotated[int, typer.Option(help="Rows per operation of each other split.", min=1)] = 1_000,
    dialogues: Annotated[int, typer.Option(help="Whole dialogues of each split but train.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    json: JsonOption = False,
) -> None:
    """Generate synthetic dialogues with an oracle, and each operation's dataset from them.

    Writes datasets/OPERATION/SPLIT.jsonl and dialogues/SPLIT.jsonl; what is there already and unchanged is left alone.
    """
    _tell(make_corpus(out, rows, held_out_rows, dialogues, seed), json)


def make_corpus(out: Path, rows: int, held_out_rows: int, dialogues: int, seed: int) -> dict[str, dict[str, int]]:
    """Fills `out` as `corpus` does; rows (dialogues) made, by operation and split."""
    counts = {split: rows if split == "train" else held_out_rows for split in SPLITS}
    config = {"seed": seed, "counts": counts}
    made: dict[str, dict[str, int]] = {}
    with progress_bar() as bar:
        task = bar.add_task("corpus", total=len(operations.taught()) + len(HELD_OUT))
        for operation in operations.taught():
            bar.update(task, description=operation)
            folder = out / "datasets" / operation
            if is_current(folder, {**config, "operation": operation}):
                made[operation] = dict(read_manifest(folder)["facts"]["rows"])
            else:
                examples = {s: build_datasets(generate_dialogues(s, _ENDLESS, seed), operation) for s in SPLITS}
                made[operation] = write_datasets(folder, operation, examples, counts, config)
            bar.advance(task)
        made["dialogues"] = {}
        for split in HELD_OUT:
            bar.update(task, description=f"dialogues, {split}")
            path = out / "dialogues" / f"{split}.jsonl"
            made["dialogues"][split] = write_dialogues(path, generate_dialogues(split, dialogues, seed))
            bar.advance(task)
    return made


@import_app.command()
def locomo(
    file: Annotated[Path, typer.Argument(help="LoCoMo's JSON file.", show_default=False)],
    out: OutFile,
    sample: Annotated[list[str] | None, typer.Option(help="Only this sample_id; may be given again.")] = None,
    json: JsonOption = False,
) -> None:
    """Turn LoCoMo conversations into the dialogue format."""
    _report(write_dialogues(out, read_locomo(file, sample or ())), out, json)


@import_app.command()
def chat(
    file: Annotated[Path, typer.Argument(help="Lines `Name: text` under dates, or an export.", show_default=False)],
    out: OutFile,
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="What 08/06/2023 means if open."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Turn a plain chat, or the text that a chat program exports, into the dialogue format."""
    _report(write_dialogues(out, [import_chat(file, day_first)]), out, json)


@import_app.command()
def written(
    out: Annotated[Path, typer.Option("--out", help="Folder to fill.", show_default=False)],
    passes: Annotated[int, typer.Option(help="Contexts for each training question.", min=1)] = 8,
    broad: Annotated[int, typer.Option(help="Everyday dialogues made by rules, for each training pass.", min=0)] = 0,
    json: JsonOption = False,
) -> None:
    """Turn the written dialogues of this project into dialogues/SPLIT.jsonl and generate's dataset, by whole hands."""
    from distill.datasets.natural import write_natural

    _tell(write_natural(out, passes, broad), json)


@import_app.command()
def scenes(
    out: Annotated[Path, typer.Option("--out", help="Folder to fill.", show_default=False)],
    rows: Annotated[int, typer.Option(help="Training pictures, a question each.", min=1)] = 6_000,
    held_out_rows: Annotated[int, typer.Option(help="Pictures of each other split.", min=1)] = 600,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 0,
    json: JsonOption = False,
) -> None:
    """Paint pictures of pictograms and drawn things with questions about them: datasets/vqa, pictures beside the rows.

    Needs Debian's font fonts-noto-color-emoji. Things, shades and layouts of one split stand in no other.
    """
    from distill.corpus.scenes import SPLITS as PAINTED
    from distill.datasets.pictured import write_scenes

    counts = {split: rows if split == "train" else held_out_rows for split in PAINTED}
    made: dict[str, dict[str, int]] = {}
    with progress_bar() as bar:
        for name in operations.pictured():
            task = bar.add_task(f"scenes, {name}", total=sum(counts.values()))
            kinds = write_scenes(out / "datasets" / name, name, counts, seed, lambda: bar.advance(task))  # noqa: B023
            made |= {f"{name}, {split}": by for split, by in kinds.items()}
    _tell(made, json)


def _tell(made: dict[str, dict[str, int]], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    for name, counts in made.items():
        results().print(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))


def _report(count: int, out: Path, as_json: bool) -> None:
    turns = sum(1 for dialogue in read_dialogues(out) for _ in dialogue.turns)
    if as_json:
        print_json({"dialogues": count, "turns": turns, "file": str(out)})
    else:
        results().print(f"{count} dialogues, {turns} turns in {out}", markup=False)
