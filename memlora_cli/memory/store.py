"""`memlora list`, `history`, `forget`, `check`, `backup` and `reindex`: commands on a store that need no expert."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import (
    BundleArgument,
    JsonOption,
    StoreOption,
    UserOption,
    existing_store,
    known_user,
)
from memlora_cli.terminal import print_json, progress_bar, results
from runtime_py.errors import ConfigError
from runtime_py.memory import memory_to_json
from runtime_py.store import Store, check_store


def history(
    memory: Annotated[int | None, typer.Argument(help="A memory's id; all memories without it.")] = None,
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Show every change of one memory and the turns it came from, or list the user's memories."""
    with Store(existing_store(store), None) as opened:
        if memory is None:
            _list(opened, known_user(opened, user), json)
            return
        rows = opened.history(user, memory)
        if not rows:
            raise ConfigError(f"no memory {memory}: expected the id of a memory of {user}, got none")
        turns = opened.provenance(user, memory)
    if json:
        said = [{"id": t.id, "role": t.role, "speaker": t.speaker, "text": t.text} for t in turns]
        print_json({"results": [asdict(row) for row in rows], "turns": said})
        return
    for change in rows:
        old, new = change.old_memory or "nothing", change.new_memory or "nothing"
        results().print(f"{change.created_at} {change.event}: {old} -> {new}", markup=False)
    for turn in turns:
        results().print(f"from turn {turn.id}: {turn.speaker or turn.role}: {turn.text}", markup=False)


def list_memories(store: StoreOption = None, user: UserOption = "me", json: JsonOption = False) -> None:
    """Show all memories of a user, oldest first."""
    with Store(existing_store(store), None) as opened:
        _list(opened, known_user(opened, user), json)


def _list(opened: Store, user: str, as_json: bool) -> None:
    listed = [memory_to_json(row) for row in opened.memories(user)]
    if as_json:
        print_json({"results": listed})
    for row in [] if as_json else listed:
        results().print(f"{row['id']}: {row['memory']}", markup=False)


def forget(
    memory: Annotated[int | None, typer.Argument(help="The memory's id, as `memlora list` shows it.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that the user ever said.")] = False,
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Forget one memory and what it came from, or everything of a user: no file of the store keeps its bytes."""
    if (memory is None) != everything:
        raise ConfigError("nothing to forget: expected a memory's id or --everything, and not both; see `memlora list`")
    with Store(existing_store(store), None) as opened:
        known_user(opened, user)
        gone = opened.forget_user(user) if memory is None else opened.forget_memories(user, [memory])
    if json:
        print_json(asdict(gone))
        return
    kept = f"; {len(gone.kept_turns)} turns stay, for other memories came from them" if gone.kept_turns else ""
    results().print(f"forgotten: {len(gone.memories)} memories, {len(gone.turns)} turns{kept}", markup=False)


def check(store: StoreOption = None, json: JsonOption = False) -> int:
    """Say what is wrong with a store; exit code 1 when something is."""
    faults = check_store(existing_store(store))
    if json:
        print_json({"faults": [asdict(fault) for fault in faults]})
    else:
        for line in [fault.message for fault in faults] or [f"{store}: nothing is wrong"]:
            results().print(line, markup=False)
    return 1 if faults else 0


def backup(
    out: Annotated[Path, typer.Argument(help="The new file.", show_default=False)],
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a store as it is now to a new file. Forgetting does not reach the copy."""
    with Store(existing_store(store), None) as opened:
        opened.backup(out)
    print_json({"file": str(out)}) if json else results().print(f"copied to {out}", markup=False)


def reindex(bundle: BundleArgument, store: StoreOption = None, json: JsonOption = False) -> None:
    """Compute every vector of a store again with the bundle's embedder."""
    from runtime_py.bundle import Bundle

    embedder = Bundle.open(bundle).embedder()
    with Store(existing_store(store), None) as opened, progress_bar() as bar:
        task = bar.add_task("vectors", total=None)
        count = opened.reindex(embedder, progress=lambda done, total: bar.update(task, completed=done, total=total))
    if json:
        print_json({"vectors": count, "embedder": embedder.id, "dimension": embedder.dimension})
    else:
        results().print(f"{count} vectors by {embedder.id}", markup=False)
