"""`memlora verify`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from memlora_cli.bundle.export import show_parity
from memlora_cli.opening import BundleArgument, JsonOption
from memlora_cli.terminal import print_json, progress_bar, results, say
from runtime_py.engines import DEFAULT
from runtime_py.errors import MissingExtraError, ParityError
from runtime_py.parts import token_ids

if TYPE_CHECKING:
    from runtime_py.bundle import Bundle
    from runtime_py.parity import LegResult
    from runtime_py.parity.simulator import SimulatorResult


def verify(
    bundle: BundleArgument,
    engine: Annotated[
        list[str] | None, typer.Option(help="Runtime to replay; repeat it. Default: all shipped.")
    ] = None,
    simulator: Annotated[
        int, typer.Option(min=0, help="Steps an operation of the NPU's graphs on its simulator too: seconds each.")
    ] = 0,
    json: JsonOption = False,
) -> int:
    """Check every file of a bundle and replay its parity vectors. Exit code 1 when a leg fails, 2 for a bad bundle."""
    rows = replay(bundle, engine)
    simulated = simulate(bundle, simulator) if simulator else []
    if json:
        print_json([*rows, *(result.to_json() for result in simulated)])
    else:
        show_parity(rows, json)
        show_simulated(simulated)
    return 0 if all(row["passed"] for row in rows) and all(result.passed for result in simulated) else 1


def simulate(path: Path, steps: int) -> "list[SimulatorResult]":
    """A chunk and `steps` steps of each operation's first golden, on the CPU and on the NPU's simulator."""
    from runtime_py.bundle import Bundle
    from runtime_py.parity import read_golden
    from runtime_py.parity.simulator import compare_operation

    bundle, found = Bundle.open(path), []
    for name in bundle.operations:
        golden = bundle.golden(name)
        if golden is None:
            raise ParityError(
                f"nothing to run for {name}: expected its golden in the bundle, got none; export it again"
            )
        say(f"{name} on the NPU's simulator")
        found.append(compare_operation(bundle, name, token_ids(read_golden(golden).prompts[0]), steps))
    return found


def show_simulated(found: "list[SimulatorResult]") -> None:
    """A line an operation: equal tokens, and the outputs that are furthest apart."""
    if not found:
        return
    table = Table(
        "operation", "equal tokens", "furthest output", "largest", "mean", "rel. error", "", title="simulator"
    )
    for result in found:
        most = max(result.outputs, key=lambda output: output.relative)
        table.add_row(
            result.operation,
            f"{result.equal}/{result.steps}",
            most.output,
            str(most.largest),
            f"{most.mean:.1f}",
            f"{most.relative:.2g}",
            "passed" if result.passed else "FAILED",
        )
    results().print(table)
    for result in (result for result in found if result.message):
        results().print(result.message, markup=False)


def replay_sight(bundle: "Bundle") -> "list[LegResult]":
    """The graph that sees on the pictures that prove it, a leg for each operation that reads pictures."""
    from runtime_py import operations
    from runtime_py.parity import read_vision_proof, replay_vision

    encoder, golden = bundle.image_encoder(), bundle.vision_golden()
    if encoder is None:
        return []
    if golden is None:
        say("vision was not replayed: expected its proof in the bundle, got none; export it again")
        return []
    proof = read_vision_proof(golden.parent)
    held = [name for name in bundle.operations if operations.get(name).picture]
    return [replay_vision(name, proof, encoder.encode) for name in held]


def replay(path: Path, kinds: list[str] | None = None) -> list[dict[str, Any]]:
    """One row per operation and runtime; a runtime that is not installed is left out with a line on stderr."""
    from runtime_py.bundle import Bundle
    from runtime_py.engines import kinds as known_kinds
    from runtime_py.parity import LegResult, judge, read_golden, replay_golden

    bundle = Bundle.open(path)
    results: list[LegResult] = []
    with progress_bar() as bar:
        for kind in kinds or known_kinds():
            for name in bundle.operations:
                if not kinds and kind not in bundle.engine_files(name).programs:
                    continue
                try:
                    engine = bundle.open_proof_engine(name, kind)
                except MissingExtraError as e:
                    if kinds:
                        raise
                    say(f"{kind} was not replayed: {e}")
                    break
                golden_path = bundle.golden(name)
                if golden_path is None:
                    raise ParityError(
                        f"nothing to verify {name} by: expected its golden in the bundle, got none; export it again"
                    )
                golden = read_golden(golden_path)
                base = bundle.open_base_engine(name, kind)
                task = bar.add_task(f"{name} on {kind}", total=len(golden.prompts))
                results.append(replay_golden(name, kind, golden, engine, base, partial(bar.advance, task)))
    if not kinds or DEFAULT in kinds:
        results += replay_sight(bundle)
    if not results:
        raise ParityError(
            f"nothing was verified: expected an operation for one of {', '.join(kinds or known_kinds())} in {path}, "
            "got none; install a runtime or export the bundle for one"
        )
    return judge(results)
