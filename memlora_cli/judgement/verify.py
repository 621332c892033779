"""`memlora verify`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from memlora_cli.bundle.export import show_parity
from memlora_cli.opening import BundleArgument, JsonOption
from memlora_cli.terminal import progress_bar, say
from runtime_py.errors import MissingExtraError, ParityError


def verify(
    bundle: BundleArgument,
    engine: Annotated[
        list[str] | None, typer.Option(help="Runtime to replay; repeat it. Default: all shipped.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Check every file of a bundle and replay its parity vectors. Exit code 1 when a leg fails, 2 for a bad bundle."""
    rows = replay(bundle, engine)
    show_parity(rows, json)
    return 0 if all(row["passed"] for row in rows) else 1


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
                    engine = bundle.open_engine(name, kind)
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
    if not results:
        raise ParityError(
            f"nothing was verified: expected an operation for one of {', '.join(kinds or known_kinds())} in {path}, "
            "got none; install a runtime or export the bundle for one"
        )
    return judge(results)
