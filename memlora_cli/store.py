"""`memlora history` and `reindex`: commands on a store that need no expert."""

from dataclasses import asdict
from typing import Annotated

import typer

from memlora_cli.opening import DEFAULT_STORE, BundleArgument, JsonOption, StoreOption, UserOption, existing_store
from memlora_cli.terminal import print_json, progress_bar, results
from runtime_py.errors import ConfigError
from runtime_py.memory import memory_to_json
from runtime_py.store import Store


def history(
    memory: Annotated[int | None, typer.Argument(help="A memory's id; all memories without it.")] = None,
    store: StoreOption = DEFAULT_STORE,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Show every change of one memory and the turns it came from, or list the user's memories."""
    with Store(existing_store(store), None) as opened:
        if memory is None:
            listed = [memory_to_json(row) for row in opened.memories(user)]
            if json:
                print_json({"results": listed})
            for row in [] if json else listed:
                results().print(f"{row['id']}: {row['memory']}", markup=False)
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


def reindex(bundle: BundleArgument, store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
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
