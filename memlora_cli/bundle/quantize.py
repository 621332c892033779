"""`memlora quantize`."""

from pathlib import Path
from typing import Annotated

import typer

from calibration.quantize import quantize_checkpoint
from calibration.sources import local_checkpoint, read_origin
from memlora_cli.bundle.base import SOURCE_HELP
from memlora_cli.bundle.stages import stages
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, progress_bar, results
from runtime_py.weights import QuantizedBase


def quantize(
    checkpoint: Annotated[str, typer.Argument(help=SOURCE_HELP, show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the base to write.", show_default=False)],
    group_size: Annotated[
        int | None, typer.Option(help="Weights that share one scale: 32, 64 or 128.", show_default="128 if it divides")
    ] = None,
    scale_search: Annotated[str, typer.Option(help="rtn (round to nearest) or mse (least error).")] = "rtn",
    bits: Annotated[
        int | None,
        typer.Option(help="4 (groups share a scale) or 8 (rows do).", show_default="8 below 300 million weights"),
    ] = None,
    smoothing: Annotated[
        Path | None, typer.Option(help="File of factors to fold in first.", show_default="the checkpoint's own, for 8")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Shrink a checkpoint to the int4 or int8 base that every runtime reads: the same bytes on every run."""
    with stages(f"checkpoint {checkpoint}") as stage:
        folder = local_checkpoint(checkpoint, out, stage)
    with progress_bar() as bar:
        task = bar.add_task("quantize", total=None)

        def advance(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        quantize_checkpoint(folder, out, group_size, scale_search, bits, smoothing, advance)  # type: ignore[arg-type]
    base = QuantizedBase.open(out)
    size = base.path.stat().st_size
    if json:
        print_json({"base": str(out), "sha256": base.sha256, "bytes": size})
    else:
        results().print(f"{out}: {size / 1e6:.1f} MB, sha256 {base.sha256}", markup=False)
        origin = read_origin(folder)
        if origin and origin.warning:
            results().print(origin.warning, markup=False)
