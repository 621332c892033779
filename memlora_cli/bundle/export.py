"""`memlora inspect`, `export` and `link`."""

import json as json_module
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.table import Table

from memlora_cli.bundle.stages import export_work, stages
from memlora_cli.opening import BundleArgument, JsonOption
from memlora_cli.terminal import print_json, results
from runtime_py.errors import ConfigError
from runtime_py.files import TRAINING_LOG, read_training_log

BaseArgument = Annotated[Path, typer.Argument(help="Folder made by memlora quantize.", show_default=False)]


def inspect(
    adapter: Annotated[Path, typer.Argument(help="PEFT folder.", show_default=False)],
    base: Annotated[Path, typer.Option(help="Base that it is for.", show_default=False)],
    json: JsonOption = False,
) -> int:
    """Say of each module of an adapter whether it can be exported. Exit code 1 when one cannot."""
    from export.sources.adapter import inspect_adapter

    verdicts = inspect_adapter(adapter, base)
    if json:
        print_json([vars(verdict) for verdict in verdicts])
    else:
        table = Table("module", "rank", "verdict")
        for verdict in verdicts:
            table.add_row(verdict.module, str(verdict.rank or ""), verdict.problem or "fine")
        results().print(table)
    return 1 if any(verdict.problem for verdict in verdicts) else 0


def export(
    base: BaseArgument,
    adapters: Annotated[
        list[Path], typer.Option(help="Folder with one adapter per operation; repeatable.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.", show_default=False)],
    target: Annotated[list[str] | None, typer.Option(help="Runtime to lower for; repeat it. Default: all.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="One merged base per operation instead of adapters.")] = False,
    embedder: Annotated[Path | None, typer.Option(help="Folder of another sentence-transformers model.")] = None,
    retrieve_k: Annotated[int, typer.Option(help="Memories that go into an answer's prompt.")] = 30,
    name: Annotated[str | None, typer.Option(help="Name of the bundle; by default that of its folder.")] = None,
    golden_prompts: Annotated[
        int | None, typer.Option(min=1, help="Inputs an operation that prove it. Default: all, above 50 MB 4.")
    ] = None,
    ranges: Annotated[Path | None, typer.Option(help="NPU: folder of activation ranges (memlora ranges).")] = None,
    soc: Annotated[str | None, typer.Option(help="NPU: chips to compile for, as sm8550,sm8650.")] = None,
    precision: Annotated[str | None, typer.Option(help="NPU: a16w8 (default) or a16w4.")] = None,
    range_method: Annotated[str | None, typer.Option(help="NPU: minmax (default), percentile or mse.")] = None,
    lora: Annotated[str | None, typer.Option(help="NPU: adapters as inputs (default), or folded into weights.")] = None,
    json: JsonOption = False,
) -> None:
    """Lower base and adapters into a bundle. It appears only when every parity leg has passed."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters
    from export.targets import target as targets

    chosen = tuple(targets.get(t).name for t in target or targets.plain_names())
    given = {
        "ranges": ranges,
        "socs": soc.split(",") if soc else None,
        "precision": precision,
        "method": range_method,
        "lora": lora,
    }
    options = {name: value for name, value in given.items() if value is not None}
    targets.configured(chosen, options)  # what is wrong is told before the long work
    config = BundleConfig(name or out.name, chosen, retrieve_k, embedder, golden_prompts, options)
    found = find_adapters(*adapters)
    work = export_work(base, chosen, list(found), merge)
    with stages(work) as stage, TemporaryDirectory(dir=_parent(out)) as scratch:
        sources = {operation: OperationSource(base, adapter) for operation, adapter in found.items()}
        if merge:
            sources = {
                operation: OperationSource(merge_base(base, adapter, Path(scratch) / operation, stage), adapter, base)
                for operation, adapter in found.items()
            }
        rows = export_bundle(sources, out, config, stage)
    write_export_report(out, base, found, rows)
    show_parity(rows, json)


def link(
    bundle: BundleArgument,
    adapter: Annotated[Path, typer.Argument(help="PEFT folder of the retrained adapter.", show_default=False)],
    operation: Annotated[str | None, typer.Option(help="Operation; by default the adapter folder's name.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; by default the bundle is replaced.")] = None,
    json: JsonOption = False,
) -> None:
    """Put a retrained adapter into a bundle without lowering; goldens and parity of its operation are made again."""
    from export.link import link_adapter

    target = out or bundle
    with stages(f"link {bundle.name}") as stage:
        link_adapter(bundle, adapter, operation or adapter.name, target, stage)
    show_parity(json_module.loads((target / "parity.json").read_text("utf-8")), json)


def merge_base(base: Path, adapter: Path, scratch: Path, stage: Callable[[str], None]) -> Path:
    """The base with `adapter` merged in, each tensor in as many bits, under `scratch`."""
    from calibration.quantize import quantize_checkpoint
    from export.sources.merge import write_merged_checkpoint
    from runtime_py.weights import Int4Tensor, Int8Tensor, QuantizedBase

    stage(f"merge: {adapter.name}")
    checkpoint = write_merged_checkpoint(base, adapter, scratch / "checkpoint")
    opened = QuantizedBase.open(base)
    int8 = [name for name, entry in opened.tensors.items() if isinstance(entry, Int8Tensor)]
    if not any(isinstance(entry, Int4Tensor) for entry in opened.tensors.values()):
        return quantize_checkpoint(checkpoint, scratch / "base", opened.group_size, bits=8)
    return quantize_checkpoint(checkpoint, scratch / "base", opened.group_size, bits=4, int8=int8)


def write_export_report(bundle: Path, base: Path, adapters: dict[str, Path], rows: list[dict[str, Any]]) -> None:
    """`report.html` beside the bundle's folder, with the figures that exporting itself gives."""
    from export.report.page import write_report

    write_report(
        bundle, {**export_figures(base, adapters), "parity": rows}, bundle.parent / f"{bundle.name}.report.html"
    )


def export_figures(base: Path, adapters: dict[str, Path]) -> dict[str, Any]:
    """Training losses and quantization errors, where they were kept."""
    logs = {operation: folder / TRAINING_LOG for operation, folder in adapters.items()}
    training = {operation: read_training_log(log) for operation, log in logs.items() if log.is_file()}
    errors = base / "errors.json"
    return {
        "training": training,
        "quantization": json_module.loads(errors.read_text("utf-8")) if errors.is_file() else None,
    }


def show_parity(rows: list[dict[str, Any]], json: bool) -> None:
    """The parity rows as a table or as JSON, every miss included."""
    if json:
        print_json(rows)
        return
    table = Table("operation", "leg", "equal greedy steps", "max rel. error", "adapter effect", "", title="parity")
    for row in rows:
        table.add_row(
            row["operation"],
            row["leg"],
            f"{row['equal_steps']}/{row['steps']}",
            f"{row['max_relative_error']:.2g}",
            f"{row['adapter_effect']:.2g}",
            "passed" if row["passed"] else "FAILED",
        )
    results().print(table)
    for row in rows:
        for miss in row["misses"]:
            results().print(
                f"{row['operation']} {row['leg']}: prompt {miss['prompt']} step {miss['step']}: expected token "
                f"{miss['expected']}, got {miss['got']}, top-2 margin {miss['margin']:.4f}",
                markup=False,
            )


def _parent(out: Path) -> Path:
    """Where scratch goes: the bundle's own disk."""
    parent = out.absolute().parent
    if parent.exists() and not parent.is_dir():
        raise ConfigError(f"{parent}: expected a folder for the bundle, got a file; name another --out")
    parent.mkdir(parents=True, exist_ok=True)
    return parent
