"""`memlora add`, `ask`, `edit`, `undo` and `search`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from memlora_cli.memory.events import describe, describe_answer, describe_undone
from memlora_cli.opening import (
    BundleArgument,
    DateOption,
    EngineOption,
    JsonOption,
    StoreOption,
    UserOption,
    existing_store,
    known_user,
    open_memory,
    read_date,
    read_text,
)
from memlora_cli.terminal import drawn_progress, print_json, results, say
from runtime_py.engines import DEFAULT
from runtime_py.memory import Failed, memory_to_json
from runtime_py.operations.extract import Message


def add(
    bundle: BundleArgument,
    text: Annotated[str, typer.Argument(help="What was said; - reads it from stdin.", show_default=False)],
    store: StoreOption = None,
    user: UserOption = "me",
    speaker: Annotated[str, typer.Option(help="Name of the person who said it.")] = "",
    role: Annotated[str, typer.Option(help="user or assistant.")] = "user",
    date: DateOption = "today",
    image: Annotated[
        list[Path] | None, typer.Option(help="A photo that came with it, of which the text is the caption; repeatable.")
    ] = None,
    engine: EngineOption = DEFAULT,
    json: JsonOption = False,
) -> int:
    """Remember something that was said. Exit code 1 when the model gave nothing usable; the text is kept even then."""
    day, said = read_date(date), [Message(role, speaker, read_text(text))]
    with open_memory(bundle, store, engine) as memory, drawn_progress() as progress:
        outcome = memory.add(said, user, day, progress=progress, images=image or [])
    if json:
        print_json(outcome.to_json())
    else:
        for line in describe(outcome):
            results().print(line)
    return 1 if isinstance(outcome, Failed) else 0


def ask(
    bundle: BundleArgument,
    question: Annotated[str, typer.Argument(help="The question; - reads it from stdin.", show_default=False)],
    store: StoreOption = None,
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
        answer = memory.ask(read_text(question), known_user(memory.store, user), limit, day)
    if json:
        print_json(answer.to_json())
        return
    results().print(answer.text, markup=False)
    for line in describe_answer(answer)[1:]:
        say(line.plain)


def edit(
    bundle: BundleArgument,
    memory: Annotated[int, typer.Argument(help="The memory's id, as `memlora list` shows it.")],
    text: Annotated[str, typer.Argument(help="Its new words; - reads them from stdin.", show_default=False)],
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Give a memory other words; its history keeps the old ones until it is forgotten."""
    with open_memory(bundle, existing_store(store), DEFAULT) as opened:
        opened.update(memory, read_text(text), known_user(opened.store, user))
        changed = opened.store.memory(user, memory)
    if changed is not None:
        print_json(memory_to_json(changed)) if json else results().print(f"{memory}: {changed.text}", markup=False)


def undo(
    bundle: BundleArgument,
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Take back what was said last: its words and memories are forgotten, what it changed or ended is as before."""
    with open_memory(bundle, existing_store(store), DEFAULT) as opened:
        undone = opened.undo(known_user(opened.store, user))
        restored = opened.store.memories_by_id(user, undone.restored)
    if json:
        print_json({**asdict(undone), "restored": [memory_to_json(memory) for memory in restored]})
        return
    for line in describe_undone(undone, restored):
        results().print(line)


def search(
    bundle: BundleArgument,
    query: Annotated[str, typer.Argument(help="What to look for.", show_default=False)],
    store: StoreOption = None,
    user: UserOption = "me",
    limit: Annotated[int, typer.Option(help="Most rows to show.", min=1)] = 10,
    photos: Annotated[bool, typer.Option("--photos", help="Find photos, by what was said around them.")] = False,
    turns: Annotated[bool, typer.Option("--turns", help="Search what was said, word for word.")] = False,
    json: JsonOption = False,
) -> None:
    """Find memories, best first."""
    with open_memory(bundle, store, DEFAULT) as memory:
        known_user(memory.store, user)
        rows: list[dict[str, Any]]
        if photos:
            rows = [found.to_json() for found in memory.search_photos(query, user, limit)]
        elif turns:
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
        text = row["memory"] if "memory" in row else row["caption" if photos else "text"]
        results().print(f"{row['id']}: {text}", markup=False)
