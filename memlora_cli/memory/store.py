"""`memlora list`, `history`, `photo`, `forget`, `check`, `backup`, `reindex`: commands on a store without experts."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.memory.events import photo_line
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
from runtime_py.files import write_file_atomic
from runtime_py.memory import Sight, memory_to_json, photo_to_json, says_too
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
        photos = [opened.photo(user, photo) for photo in opened.photos_behind(user, [memory]).get(memory, ())]
    if json:
        said = [{"id": t.id, "role": t.role, "speaker": t.speaker, "text": t.text} for t in turns]
        shown = {"photos": [photo_to_json(photo) for photo in photos]} if photos else {}
        print_json({"results": [asdict(row) for row in rows], "turns": said} | shown)
        return
    for change in rows:
        old, new = change.old_memory or "nothing", change.new_memory or "nothing"
        results().print(f"{change.created_at} {change.event}: {old} -> {new}", markup=False)
    for turn in turns:
        results().print(f"from turn {turn.id}: {turn.speaker or turn.role}: {turn.text}", markup=False)
    for photo in photos:
        results().print(f"with {photo_line(photo)}", markup=False)


def list_memories(store: StoreOption = None, user: UserOption = "me", json: JsonOption = False) -> None:
    """Show all memories of a user, oldest first, and the photos that came with them or alone."""
    with Store(existing_store(store), None) as opened:
        _list(opened, known_user(opened, user), json)


def _list(opened: Store, user: str, as_json: bool) -> None:
    memories, photos = opened.memories(user), opened.photos(user)
    behind = opened.photos_behind(user, [memory.id for memory in memories])
    if as_json:
        listed = [memory_to_json(memory, behind.get(memory.id, ())) for memory in memories]
        shown = {"photos": [photo_to_json(photo) for photo in photos]} if photos else {}
        print_json({"results": listed} | shown)
        return
    for memory in memories:
        marks = "".join(f" [photo {photo}]" for photo in behind.get(memory.id, ()))
        results().print(f"{memory.id}: {memory.text}{marks}", markup=False)
    for photo in photos:
        results().print(photo_line(photo), markup=False)


def photo(
    photo: Annotated[int, typer.Argument(help="The photo's id, as `memlora list` shows it.")],
    out: Annotated[Path, typer.Option(help="The PNG file to write.")],
    thumbnail: Annotated[bool, typer.Option("--thumbnail", help="The small one, of 128 pixels at most.")] = False,
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Write a photo of the memory to a PNG file."""
    with Store(existing_store(store), None) as opened:
        known_user(opened, user)
        write_file_atomic(out, opened.photo_png(user, photo, thumbnail), 0o600)
    print_json({"file": str(out)}) if json else results().print(f"written to {out}", markup=False)


def forget(
    memory: Annotated[int | None, typer.Argument(help="The memory's id, as `memlora list` shows it.")] = None,
    photo: Annotated[int | None, typer.Option(help="A photo's id, as `memlora list` shows it.")] = None,
    turn: Annotated[
        int | None, typer.Option(help="The id of words that were said, as `search --turns` shows it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that the user ever said.")] = False,
    store: StoreOption = None,
    user: UserOption = "me",
    json: JsonOption = False,
) -> None:
    """Forget a memory, a photo or what was said, with what it came from or gave, or everything of a user.

    No file of the store keeps a byte of it. What was said again of a forgotten memory stays and is told: forget it
    with --turn.
    """
    if [each is not None for each in (memory, photo, turn)].count(True) + everything != 1:
        raise ConfigError(
            "nothing to forget: expected one of a memory's id, --photo, --turn and --everything, got none or several; "
            "see `memlora list`"
        )
    again: list[int] = []
    with Store(existing_store(store), None) as opened:
        known_user(opened, user)
        if photo is not None:
            gone = opened.forget_photos(user, [photo])
        elif turn is not None:
            gone = opened.forget_turns(user, [turn])
        elif memory is None:
            gone = opened.forget_user(user)
        else:
            said = opened.memory(user, memory, include_past=True)
            gone = opened.forget_memories(user, [memory])
            again = [each.id for each in opened.turns(user) if said is not None and says_too(each, said.text)]
    if json:
        print_json(asdict(gone) | ({"said_again": again} if again else {}))
        return
    kept = f"; {len(gone.kept_turns)} turns stay, for other memories came from them" if gone.kept_turns else ""
    photos = f", {len(gone.photos)} photos" if gone.photos else ""
    results().print(f"forgotten: {len(gone.memories)} memories, {len(gone.turns)} turns{photos}{kept}", markup=False)
    for each in again:
        results().print(f"turn {each} says so too: `memlora forget --turn {each}` forgets it", markup=False)


def check(store: StoreOption = None, json: JsonOption = False) -> int:
    """Say what is wrong with a store; exit code 1 when something is."""
    store = existing_store(store)
    faults = check_store(store)
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
    """Compute every vector of a store again with the bundle's embedder, and what its photos lack by its encoder."""
    from runtime_py.bundle import Bundle

    named = Bundle.open(bundle)
    embedder = named.embedder()
    with Store(existing_store(store), None) as opened, progress_bar() as bar:
        task = bar.add_task("vectors", total=None)
        count = opened.reindex(embedder, progress=lambda done, total: bar.update(task, completed=done, total=total))
        photos = Sight(named.image_encoder, opened).reencode() if named.manifest.vision else 0
    if json:
        seen = {"photos": photos} if photos else {}
        print_json({"vectors": count, "embedder": embedder.id, "dimension": embedder.dimension} | seen)
    else:
        seen_too = f", {photos} photos" if photos else ""
        results().print(f"{count} vectors by {embedder.id}{seen_too}", markup=False)
