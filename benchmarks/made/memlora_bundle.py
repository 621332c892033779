"""The benchmark's model as a bundle of this project, with the seconds of every stage."""

import json
import os
import shutil
from pathlib import Path

from benchmarks.clock import STAGES, Clock
from calibration.quantize import quantize_checkpoint
from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters

PROVED_PROMPTS = 2


def write_bundle(model: Path, out: Path, targets: tuple[str, ...], group_size: int) -> None:
    """`out/bundle` for the runtimes `targets`, and `out/stages.json`: seconds by stage.

    An export proves itself against float32, which takes longer than all else and which no other runtime does; here it
    proves little, so that times to export can be compared.
    """
    os.environ["MEMLORA_CACHE"] = str(out / "cache")  # lowering counts: nothing is taken from earlier exports
    clock = Clock()
    clock("quantize")
    base = quantize_checkpoint(model / "checkpoint", model / f"base-{group_size}", group_size)
    sources = {name: OperationSource(base, folder) for name, folder in find_adapters(model / "adapters").items()}
    export_bundle(sources, out / "bundle", BundleConfig("random", targets, golden_prompts=PROVED_PROMPTS), clock)
    clock("done")
    shutil.rmtree(out / "cache")
    (out / STAGES).write_text(json.dumps(clock.seconds), "utf-8")
