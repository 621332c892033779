"""`memlora calibrate`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, progress_bar, results


def calibrate(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a Hugging Face checkpoint.", show_default=False)],
    base: Annotated[Path, typer.Option(help="Base made of it.", show_default=False)],
    data: Annotated[list[Path], typer.Option(help="Text files, or folders of them; repeat it.", show_default=False)],
    tokens: Annotated[int, typer.Option(min=384, help="At most so many tokens of them, taken evenly.")] = 8192,
    json: JsonOption = False,
) -> None:
    """Measure on texts what quantizing cost, before anything is trained on the base."""
    from calibration.loss import measure_loss, read_texts

    texts = read_texts(data)
    with progress_bar() as bar:
        task = bar.add_task("calibrate", total=None)
        loss = measure_loss(checkpoint, base, texts, tokens, lambda d, n: bar.update(task, completed=d, total=n))
    if json:
        print_json({**asdict(loss), "ratio": loss.ratio, "advice": loss.advice})
        return
    table = Table("perplexity", "of the checkpoint", "times", "KL", "best token equal", "tokens")
    table.add_row(
        f"{loss.perplexity_base:.2f}", f"{loss.perplexity_checkpoint:.2f}", f"{loss.ratio:.4f}", f"{loss.kl:.4f}",
        f"{loss.best_token_agreement:.3f}", str(loss.tokens),
    )  # fmt: skip
    results().print(table)
    worst = max(range(len(loss.layers)), key=loss.layers.__getitem__)
    results().print(f"largest relative error after a layer: {loss.layers[worst]:.4f}, after {worst}", markup=False)
    if loss.advice:
        results().print(loss.advice, markup=False)
