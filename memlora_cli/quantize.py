"""`memlora quantize`."""

from pathlib import Path
from typing import Annotated

import typer

from calibration.quantize import quantize_checkpoint
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, progress_bar, results
from runtime_py.weights import QuantizedBase


def quantize(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a Hugging Face checkpoint.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the base to write.", show_default=False)],
    group_size: Annotated[
        int | None, typer.Option(help="Weights that share one scale: 32, 64 or 128.", show_default="128 if it divides")
    ] = None,
    scale_search: Annotated[str, typer.Option(help="rtn (round to nearest) or mse (least error).")] = "rtn",
    bits: Annotated[int, typer.Option(help="4 (groups of weights share a scale) or 8 (rows do).")] = 4,
    smoothing: Annotated[
        Path | None, typer.Option(help="File of factors to fold in first, made by calibrate.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Shrink a checkpoint to the int4 or int8 base that every runtime reads: the same bytes on every run."""
    with progress_bar() as bar:
        task = bar.add_task("quantize", total=None)

        def advance(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        quantize_checkpoint(checkpoint, out, group_size, scale_search, bits, smoothing, advance)  # type: ignore[arg-type]
    base = QuantizedBase.open(out)
    size = base.path.stat().st_size
    if json:
        print_json({"base": str(out), "sha256": base.sha256, "bytes": size})
    else:
        results().print(f"{out}: {size / 1e6:.1f} MB, sha256 {base.sha256}", markup=False)
