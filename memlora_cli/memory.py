"""`memlora add`, `ask` and `search`."""

from typing import Annotated

import typer

from memlora_cli.events import describe
from memlora_cli.opening import (
    DEFAULT_STORE,
    BundleArgument,
    DateOption,
    EngineOption,
    JsonOption,
    StoreOption,
    UserOption,
    open_memory,
    read_date,
    read_text,
)
from memlora_cli.terminal import print_json, results, say
from runtime_py.engines import DEFAULT
from runtime_py.memory import Failed
from runtime_py.operations.extract import Message


def add(
    bundle: BundleArgument,
    text: Annotated[str, typer.Argument(help="What was said; - reads it from stdin.", show_default=False)],
    store: StoreOption = DEFAULT_STORE,
    user: UserOption = "me",
    speaker: Annotated[str, typer.Option(help="Name of the person who said it.")] = "",
    role: Annotated[str, typer.Option(help="user or assistant.")] = "user",
    date: DateOption = "today",
    engine: EngineOption = DEFAULT,
    json: JsonOption = False,
) -> int:
    """Remember something that was said. Exit code 1 when the model gave nothing usable; the text is kept even then."""
    day = read_date(date)
    with open_memory(bundle, store, engine) as memory:
        outcome = memory.add([Message(role, speaker, read_text(text))], user, day)
    if json:
        print_json(outcome.to_json())
    else:
        for line in describe(outcome):
            results().print(line)
    return 1 if isinstance(outcome, Failed) else 0


def ask(
    bundle: BundleArgument,
    question: Annotated[str, typer.Argument(help="The question; - reads it from stdin.", show_default=False)],
    store: StoreOption = DEFAULT_STORE,
    user: UserOption = "me",
    limit: Annotated[
        int | None, typer.Option(help="Most memories to read; by default the bundle's own number.", min=1)
    ] = None,
    date: DateOption = "today",
    engine: EngineOption = DEFAULT,
    json: JsonOption = False,
) -> None:
    """Answer a question from the memories; the memories that were read go to stderr."""
    day = read_date(date)
    with open_memory(bundle, store, engine) as memory:
        answer = memory.ask(read_text(question), user, limit, day)
    if json:
        print_json(answer.to_json())
        return
    results().print(answer.text, markup=False)
    for found in answer.memories:
        say(f"  {found.memory.id}: {found.memory.text}")


def search(
    bundle: BundleArgument,
    query: Annotated[str, typer.Argument(help="What to look for.", show_default=False)],
    store: StoreOption = DEFAULT_STORE,
    user: UserOption = "me",
    limit: Annotated[int, typer.Option(help="Most rows to show.", min=1)] = 10,
    turns: Annotated[bool, typer.Option("--turns", help="Search what was said, word for word.")] = False,
    json: JsonOption = False,
) -> None:
    """Find memories, best first."""
    with open_memory(bundle, store, DEFAULT) as memory:
        if turns:
            rows = [
                {"id": t.id, "speaker": t.speaker, "text": t.text, "date": t.day.isoformat() if t.day else None}
                for t in memory.search_turns(query, user, limit)
            ]
        else:
            rows = [found.to_json() for found in memory.search(query, user, limit)]
    if json:
        print_json({"results": rows})
        return
    for row in rows:
        results().print(f"{row['id']}: {row.get('memory', row.get('text'))}", markup=False)
