"""`memlora ingest`: dialogue files into a memory."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import (
    BundleArgument,
    EngineOption,
    JsonOption,
    StoreOption,
    UserOption,
    open_memory,
)
from memlora_cli.terminal import drawn_progress, print_json, results, say
from runtime_py.dialogues import read_dialogues
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError
from runtime_py.memory import Outcome, exchanges, to_sessions
from runtime_py.memory import ingest as ingest_sessions
from runtime_py.progress import Steps


def ingest(
    bundle: BundleArgument,
    dialogues: Annotated[Path, typer.Argument(help="JSONL file in the dialogue format.", show_default=False)],
    store: StoreOption = None,
    user: UserOption = "me",
    only: Annotated[str | None, typer.Option(help="The id of the one dialogue to remember.")] = None,
    engine: EngineOption = DEFAULT,
    json: JsonOption = False,
) -> int:
    """Remember whole dialogues, exchange by exchange. Stopped and started again, it goes on where it was.

    The dialogue's first speaker is the user, the other one the assistant. Exit code 1 when the model failed on an
    exchange; its words are kept, and running again tries it again.
    """
    read = [row for row in read_dialogues(dialogues) if only is None or row.id == only]
    if not read:
        raise ConfigError(f"{dialogues}: expected a dialogue called {only!r}, got none; correct --only")
    failed = 0
    with open_memory(bundle, store, engine) as memory, drawn_progress() as progress:
        for dialogue in read:
            sessions = to_sessions(dialogue)
            steps = Steps(progress, dialogue.id, sum(1 for _ in exchanges(sessions)))
            tally = ingest_sessions(memory, user, sessions, partial(_advance, steps), progress)
            failed += tally.failed
            if json:
                print_json({"dialogue": dialogue.id, "user": user, **asdict(tally)})
            else:
                events = ", ".join(f"{count} {name}" for name, count in tally.events.items()) or "no events"
                results().print(
                    f"{dialogue.id}: {tally.stored} exchanges with facts ({events}), {tally.empty} without, "
                    f"{tally.known} known before, {tally.failed} failed",
                    markup=False,
                )
            for reason in tally.failures:
                say(f"  failed: {reason}")
    return 1 if failed else 0


def _advance(steps: Steps, _outcome: Outcome) -> None:
    steps.advance()
