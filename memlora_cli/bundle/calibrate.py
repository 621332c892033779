"""`memlora calibrate`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results


def calibrate(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a Hugging Face checkpoint.", show_default=False)],
    base: Annotated[list[Path], typer.Option(help="Base made of it; repeat it to compare.", show_default=False)],
    data: Annotated[list[Path], typer.Option(help="Text files, or folders of them; repeat it.", show_default=False)],
    tokens: Annotated[int, typer.Option(min=384, help="At most so many tokens of them, taken evenly.")] = 8192,
    json: JsonOption = False,
) -> None:
    """Measure on texts what quantizing cost, before anything is trained on the base; with --json a line a base."""
    from calibration.loss import Size, measure_loss
    from calibration.texts import cut, evenly, read_texts

    chunks = evenly(cut(checkpoint, read_texts(data)), tokens)
    sizes = [Size.of(folder) for folder in base]
    with drawn_progress() as bar:
        losses = [
            measure_loss(checkpoint, folder, chunks, lambda done, total, name=folder.name: bar(name, done, total))  # type: ignore[misc]
            for folder in base
        ]
    if json:
        for size, loss in zip(sizes, losses, strict=True):
            print_json({**asdict(size), **asdict(loss), "ratio": loss.ratio, "advice": loss.advice})
        return
    table = Table("base", "method", "int8", "int4", "bits", "MB", "perplexity", "times", "KL", "best token equal")
    for folder, size, loss in zip(base, sizes, losses, strict=True):
        table.add_row(
            folder.name, size.method, str(size.int8), str(size.int4), f"{size.bits:.2f}", f"{size.bytes / 1e6:.1f}",
            f"{loss.perplexity_base:.2f}", f"{loss.ratio:.4f}", f"{loss.kl:.4f}", f"{loss.best_token_agreement:.3f}",
        )  # fmt: skip
    results().print(table)
    first = losses[0]
    results().print(f"checkpoint: perplexity {first.perplexity_checkpoint:.2f}; {first.tokens} tokens", markup=False)
    for folder, loss in zip(base, losses, strict=True):
        worst = max(range(len(loss.layers)), key=loss.layers.__getitem__)
        told = f"largest relative error after a layer: {loss.layers[worst]:.4f}, after {worst}"
        results().print(f"{folder.name}: {told}", markup=False)
        if loss.advice:
            results().print(f"{folder.name}: {loss.advice}", markup=False)
