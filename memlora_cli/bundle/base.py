"""`memlora base`."""

from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.bundle.stages import stages
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, results

SOURCE_HELP = (
    "smollm2-135m, gemma-3-270m, qwen2.5-coder-1.5b, a checkpoint's folder, a GGUF file, or a hub id (owner/name)."
)


def base(
    source: Annotated[str, typer.Argument(help=SOURCE_HELP, show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder of the checkpoint to write.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Get a pretrained model as a Hugging Face checkpoint, with its source and licence noted."""
    from calibration.sources import fetch_checkpoint, read_origin

    with stages(f"base {source}") as stage:
        fetch_checkpoint(source, out, stage)
    origin = read_origin(out)
    assert origin is not None  # fetch_checkpoint has written it
    if json:
        print_json({"checkpoint": str(out), "source": origin.source, "licence": origin.licence})
        return
    results().print(f"{out}: {origin.source}, licence {origin.licence or 'unknown'}", markup=False)
    if origin.warning:
        results().print(origin.warning, markup=False)
