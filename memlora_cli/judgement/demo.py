"""`memlora demo`: the whole story, from a checkpoint to a memory that answers."""

import json as json_module
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from memlora_cli.arguments import refuse_overwriting
from memlora_cli.judgement.album import Shown, ask_album, show_album
from memlora_cli.judgement.stories import REAL, TINY, VISION, Ingredients, Story, step, story
from memlora_cli.opening import JsonOption
from memlora_cli.terminal import print_json, results
from runtime_py.engines import DEFAULT


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that is made.")] = Path("build/demo"),
    tiny: Annotated[bool, typer.Option("--tiny", help="Teach the small embedded base its experts instead.")] = False,
    vision: Annotated[bool, typer.Option("--vision", help="Remember pictures too, with the expert that sees.")] = False,
    json: JsonOption = False,
) -> None:
    """Take a real base, export it with its experts, verify, hold a conversation, answer, and show what it measures.

    What is done already is not done again: a second run takes seconds.
    """
    started = time.perf_counter()
    told = story(tiny, vision)
    out = out / told.name
    refuse_overwriting(out, [TINY, REAL, VISION])
    made = told.make(out)
    bundle = make_bundle(out / "bundle", told, made)
    parity = verify_once(bundle)
    conversation = converse(bundle, told, made)
    accuracy = kept(bundle, "accuracy", lambda: told.judge(bundle, made.data, out / "evaluation"), made.album)
    latency = measure_latency(bundle, made)
    measured = {"parity": parity, "accuracy": accuracy, "latency": latency, "conversation": conversation}
    report = write_page(out, bundle, made, {"title": told.name, **measured})
    seconds = round(time.perf_counter() - started, 1)
    figures = {"seconds": seconds, "bundle": str(bundle), "report": str(report), **measured}
    if json:
        print_json(figures)
    else:
        show(figures, bundle)


def make_bundle(out: Path, told: Story, made: Ingredients) -> Path:
    """The bundle of these adapters, exported unless it is there already."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters
    from export.sources.adapter import adapter_identity
    from memlora_cli.bundle.stages import export_work, stages
    from runtime_py.bundle import Bundle

    found = find_adapters(*made.adapters)
    if (out / "manifest.json").is_file():
        there = Bundle.open(out).manifest.operations
        if {n: e.adapter_sha256 for n, e in there.items()} == {n: adapter_identity(p) for n, p in found.items()}:
            return out
    step("export")
    sources = {name: OperationSource(made.base, path) for name, path in found.items()}
    config = BundleConfig(told.name, told.targets, told.retrieve_k)
    with stages(export_work(made.base, config.targets, list(sources))) as stage:
        export_bundle(sources, out, config, stage)
    return out


def verify_once(bundle: Path) -> list[dict[str, Any]]:
    """The parity rows of this bundle on this machine, replayed once."""
    from memlora_cli.judgement.verify import replay

    rows: list[dict[str, Any]] = kept(bundle, "parity", lambda: replay(bundle))
    return rows


def converse(bundle: Path, told: Story, made: Ingredients) -> dict[str, Any]:
    """One dialogue, and pictures shown after it, remembered and asked about.

    Memories, changes, questions with the true and the given answers; where there are pictures `photos`, a row each.
    """
    from memlora_cli.opening import open_memory
    from runtime_py.memory import ingest, to_sessions

    def talk() -> dict[str, Any]:
        dialogue = told.dialogue(made.data)
        store = bundle.parent / "conversation.db"
        for path in store.parent.glob(f"{store.name}*"):
            path.unlink()
        with open_memory(bundle, store, DEFAULT) as memory:
            tally = ingest(memory, dialogue.id, to_sessions(dialogue))
            user, ids = dialogue.id, show_album(memory, dialogue.id, made.album)
            asked = [(q, memory.ask(q.text, user, asker=q.asker)) for q in dialogue.questions]
            return {
                "speakers": list(dialogue.speakers),
                "exchanges": tally.stored + tally.empty + tally.failed,
                "events": dict(tally.events),
                "turns": [
                    {"date": s.date.isoformat() if s.date else "", "speaker": t.speaker, "text": t.text}
                    for s in dialogue.sessions
                    for t in s.turns
                ],
                "memories": [row.text for row in memory.get_all(user)],
                "questions": [{"question": q.text, "expected": q.answer, "answer": a.text} for q, a in asked],
                "photos": ask_album(memory, user, made.album, ids),
            }

    step("remember a dialogue")
    conversation: dict[str, Any] = kept(bundle, "conversation", talk, made.album)
    for row, shown in zip(conversation.get("photos", ()), made.album, strict=True):
        row["file"] = str(shown.file)  # where it lies today
    return conversation


def measure_latency(bundle: Path, made: Ingredients) -> list[dict[str, Any]]:
    """Milliseconds of one call, prompt to parsed output, for each operation on each runtime."""
    from evaluation.bench.latency import measure

    step("latency")
    rows: list[dict[str, Any]] = kept(
        bundle, "speed", lambda: measure(bundle, made.data / "datasets", "test"), made.album
    )
    return rows


def show_photos(rows: list[dict[str, Any]]) -> None:
    """What was asked about pictures."""
    columns = ("shown with", "question", "true answer", "the memory's answer", "what it saw")
    table = Table(*columns, title="asked about pictures", title_justify="left")
    for row in rows:
        seen = row["reason"] if row["is_looked_at"] else "it did not look at this picture"
        mark = "✓" if row["is_right"] else "✗"
        table.add_row(row["words"], row["question"], row["expected"], f"{mark} {row['answer']}", seen)
    results().print(table)


def write_page(out: Path, bundle: Path, made: Ingredients, measured: dict[str, Any]) -> Path:
    """`report.html` beside the bundle."""
    from export.bundle import find_adapters
    from export.report.page import write_report
    from memlora_cli.bundle.export import export_figures

    exported = json_module.loads((bundle / "parity.json").read_text("utf-8"))
    torch_rows = [row for row in exported if row["leg"] == "torch_arbiter"]
    figures = {**export_figures(made.base, find_adapters(*made.adapters)), **measured}
    return write_report(bundle, figures | {"parity": torch_rows + measured["parity"]}, out / "report.html")


def kept(bundle: Path, name: str, make: Callable[[], Any], album: Sequence[Shown] = ()) -> Any:
    """What `make` gives, kept beside the bundle under the bundle's own hash and the pictures that were shown.

    Without a font of pictograms these are others, and there is nothing to score on.
    """
    from runtime_py.bundle import Bundle
    from runtime_py.files import write_json

    path = bundle.parent / f"{bundle.name}.{name}.json"
    made_from = {"bundle": Bundle.open(bundle, verify=False).sha256}
    if album:
        made_from["pictures"] = " ".join(shown.file.stem for shown in album)
    if path.is_file():
        found = json_module.loads(path.read_text("utf-8"))
        if {key: found.get(key) for key in ("bundle", "pictures") if key in found} == made_from:
            return found["value"]
    value = make()
    write_json(path, {**made_from, "value": value})
    return value


def show(figures: dict[str, Any], bundle: Path) -> None:
    """The closing tables."""
    from evaluation.figures.tables import result_tables
    from memlora_cli.bundle.export import show_parity

    talk = figures["conversation"]
    for turn in talk["turns"]:
        results().print(f"{turn['date']} {turn['speaker']}: {turn['text']}", markup=False)
    results().print("what was kept:")
    for memory in talk["memories"]:
        results().print(f"  {memory}", markup=False)
    table = Table("question", "true answer", "the memory's answer", title="asked afterwards", title_justify="left")
    for row in talk["questions"]:
        table.add_row(row["question"], str(row["expected"]), row["answer"])
    results().print(table)
    if talk.get("photos"):
        show_photos(talk["photos"])
    for accuracy in result_tables(figures["accuracy"]) if figures["accuracy"] else ():
        results().print(accuracy)
    show_parity(figures["parity"], False)
    columns = ("operation", "runtime", "p50 ms", "p95 ms", "answer tokens/s", "N")
    speed = Table(*columns, title="latency of one call", title_justify="left")
    for row in figures["latency"]:
        times = (f"{row['p50_ms']:.1f}", f"{row['p95_ms']:.1f}", f"{row['tokens_per_s']:.0f}")
        speed.add_row(row["operation"], row["target"], *times, str(row["n"]))
    results().print(speed)
    sizes = {path.name: path.stat().st_size for path in bundle.rglob("*") if path.is_file()}
    results().print(f"bundle: {sum(sizes.values()) / 1e6:.1f} MB, base.ptd {sizes['base.ptd'] / 1e6:.2f} MB")
    results().print(f"report: {figures['report']}   ({figures['seconds']:.0f} s)")
    results().print(f"talk to it: memlora chat {figures['bundle']}", markup=False)
