"""`memlora demo`: the whole story on the embedded base, from dialogues to a memory that answers."""

import json as json_module
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from memlora_cli.opening import JsonOption
from memlora_cli.terminal import drawn_progress, print_json, results, say
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError

MODEL = Path(__file__).parents[2] / "models" / "memlora-tiny"
RETRIEVE_K = 3  # more bring more of the other person's facts: docs/decisions.md
ROWS, HELD_OUT_ROWS, DIALOGUES = 4_000, 50, 2


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that is made.")] = Path("build/demo"),
    ready: Annotated[bool, typer.Option("--ready", help="Use the shipped experts instead of training some.")] = False,
    json: JsonOption = False,
) -> None:
    """Train three experts, export, verify, remember a dialogue, answer, and show what it all measures.

    What is done already is not done again: a second run takes seconds.
    """
    if not (MODEL / "model.safetensors").is_file():
        raise ConfigError(
            f"no embedded base: expected {MODEL}, found none; run the demo in a checkout of the repository"
        )
    started = time.perf_counter()
    data, base = make_inputs(out)
    adapters = MODEL / "adapters" if ready else train(out / "adapters", base, data)
    bundle = make_bundle(out / ("bundle-ready" if ready else "bundle"), base, adapters)
    parity = verify_once(bundle)
    conversation = converse(bundle, data, out)
    accuracy = evaluate(bundle, data, out)
    latency = measure_latency(bundle, data)
    report = write_page(out, bundle, base, adapters, parity, accuracy, latency)
    figures = {
        "seconds": round(time.perf_counter() - started, 1),
        "bundle": str(bundle),
        "report": str(report),
        "accuracy": accuracy["splits"]["test"],
        "parity": parity,
        "latency": latency,
        "conversation": conversation,
    }
    if json:
        print_json(figures)
    else:
        show(figures, bundle)


def make_inputs(out: Path) -> tuple[Path, Path]:
    """The synthetic data and the int4 base."""
    from calibration.quantize import quantize_checkpoint
    from memlora_cli.bundle.corpus import make_corpus

    step("dialogues and datasets")
    make_corpus(out / "data", ROWS, HELD_OUT_ROWS, DIALOGUES, seed=1)
    step("int4 base")
    return out / "data", quantize_checkpoint(MODEL, out / "base", scale_search="mse")


def train(out: Path, base: Path, data: Path) -> Path:
    """The three experts with the quick preset."""
    from distill.training.start import train_expert
    from runtime_py import operations

    for name in operations.names():
        step(f"expert: {name}")
        with drawn_progress() as progress:
            train_expert(name, base, data / "datasets", out, preset="quick", progress=progress)
    return out


def make_bundle(out: Path, base: Path, adapters: Path) -> Path:
    """The bundle of these adapters, exported unless it is there already."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters
    from export.sources.adapter import WEIGHTS
    from memlora_cli.bundle.stages import export_work, stages
    from runtime_py.bundle import Bundle
    from runtime_py.files import sha256_file

    found = find_adapters(adapters)
    if (out / "manifest.json").is_file():
        made = Bundle.open(out).manifest.operations
        if {n: e.adapter_sha256 for n, e in made.items()} == {n: sha256_file(p / WEIGHTS) for n, p in found.items()}:
            return out
    step("export")
    sources = {name: OperationSource(base, path) for name, path in found.items()}
    config = BundleConfig("memlora-tiny", retrieve_k=RETRIEVE_K)
    with stages(export_work(base, config.targets, list(sources))) as stage:
        export_bundle(sources, out, config, stage)
    return out


def verify_once(bundle: Path) -> list[dict[str, Any]]:
    """The parity rows of this bundle on this machine, replayed once."""
    from memlora_cli.judgement.verify import replay

    rows: list[dict[str, Any]] = kept(bundle, "parity", lambda: replay(bundle))
    return rows


def converse(bundle: Path, data: Path, out: Path) -> dict[str, Any]:
    """One dialogue remembered and asked about: facts, changes, questions with the true and the given answers."""
    from memlora_cli.opening import open_memory
    from runtime_py.dialogues import read_dialogues
    from runtime_py.memory import ingest, to_sessions

    def talk() -> dict[str, Any]:
        dialogue = next(iter(read_dialogues(data / "dialogues" / "test.jsonl")))
        store = out / f"{bundle.name}.db"
        for path in store.parent.glob(f"{store.name}*"):
            path.unlink()
        with open_memory(bundle, store, DEFAULT) as memory:
            tally = ingest(memory, dialogue.id, to_sessions(dialogue))
            asked = [(q, memory.ask(q.text, dialogue.id)) for q in dialogue.questions]
            return {
                "speakers": list(dialogue.speakers),
                "exchanges": tally.stored + tally.empty + tally.failed,
                "events": dict(tally.events),
                "memories": [row.text for row in memory.get_all(dialogue.id)],
                "questions": [{"question": q.text, "expected": q.answer, "answer": a.text} for q, a in asked],
            }

    step("remember a dialogue")
    told: dict[str, Any] = kept(bundle, "conversation", talk)
    return told


def evaluate(bundle: Path, data: Path, out: Path) -> dict[str, Any]:
    """The synthetic suite on a few rows: base alone against experts, and whole dialogues."""
    from evaluation.suites import evaluate_synthetic

    step("before and after")
    results_folder = out / "evaluation" / bundle.name
    stage_sets = ("none", "extract+update+generate")
    with drawn_progress() as progress:
        return evaluate_synthetic(bundle, data, results_folder, ("test",), stage_sets=stage_sets, progress=progress)


def measure_latency(bundle: Path, data: Path) -> list[dict[str, Any]]:
    """Milliseconds of one call, prompt to parsed output, for each operation on each runtime."""
    from evaluation.bench.latency import measure

    step("latency")
    rows: list[dict[str, Any]] = kept(bundle, "speed", lambda: measure(bundle, data / "datasets", "test"))
    return rows


def write_page(
    out: Path,
    bundle: Path,
    base: Path,
    adapters: Path,
    parity: list[dict[str, Any]],
    accuracy: dict[str, Any],
    latency: list[dict[str, Any]],
) -> Path:
    """`report.html` beside the bundle."""
    from export.bundle import find_adapters
    from export.report.page import write_report
    from memlora_cli.bundle.export import export_figures

    exported = json_module.loads((bundle / "parity.json").read_text("utf-8"))
    torch_rows = [row for row in exported if row["leg"] == "torch_arbiter"]
    figures = {"parity": torch_rows + parity, "accuracy": accuracy, "latency": latency}
    name = "report-ready.html" if bundle.name.endswith("ready") else "report.html"
    return write_report(bundle, {**export_figures(base, find_adapters(adapters)), **figures}, out / name)


def kept(bundle: Path, name: str, make: Callable[[], Any]) -> Any:
    """What `make` gives, kept beside the bundle under the bundle's own hash."""
    from runtime_py.bundle import Bundle
    from runtime_py.files import write_json

    path = bundle.parent / f"{bundle.name}.{name}.json"
    sha256 = Bundle.open(bundle, verify=False).sha256
    if path.is_file():
        found = json_module.loads(path.read_text("utf-8"))
        if found["bundle"] == sha256:
            return found["value"]
    value = make()
    write_json(path, {"bundle": sha256, "value": value})
    return value


def show(figures: dict[str, Any], bundle: Path) -> None:
    """The closing tables."""
    from evaluation.figures.tables import result_tables
    from memlora_cli.bundle.export import show_parity

    talk = figures["conversation"]
    table = Table(
        title=f"a dialogue of {' and '.join(talk['speakers'])}, {talk['exchanges']} exchanges", title_justify="left"
    )
    for column in ("question", "true answer", "the memory's answer"):
        table.add_column(column)
    for row in talk["questions"][:8]:
        table.add_row(row["question"], str(row["expected"]), row["answer"])
    results().print(table)
    for accuracy in result_tables({"suite": "synthetic", "splits": {"test": figures["accuracy"]}}):
        results().print(accuracy)
    show_parity(figures["parity"], False)
    columns = ("operation", "runtime", "p50 ms", "p95 ms", "answer tokens/s", "N")
    speed = Table(*columns, title="latency of one call", title_justify="left")
    for row in figures["latency"]:
        times = (f"{row['p50_ms']:.1f}", f"{row['p95_ms']:.1f}", f"{row['tokens_per_s']:.0f}")
        speed.add_row(row["operation"], row["target"], *times, str(row["n"]))
    results().print(speed)
    sizes = {path.name: path.stat().st_size for path in bundle.rglob("*") if path.is_file()}
    results().print(
        f"bundle: {sum(sizes.values()) / 1e6:.1f} MB, base.ptd {sizes['base.ptd'] / 1e6:.2f} MB: {figures['bundle']}"
    )
    results().print(f"report: {figures['report']}   ({figures['seconds']:.0f} s)")


def step(text: str) -> None:
    say(f"· {text}")
