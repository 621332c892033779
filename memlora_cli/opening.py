"""Opening a bundle and a store as the commands' options name them."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from runtime_py.bundle import BUNDLE_VARIABLE
from runtime_py.engines import kinds
from runtime_py.errors import ConfigError
from runtime_py.memory import Memory, Sight
from runtime_py.store import STORE_VARIABLE, Store, default_store
from runtime_py.text import parse_session_date

BundleArgument = Annotated[
    Path,
    typer.Argument(help=f"The bundle's folder; without it {BUNDLE_VARIABLE}'s.", show_default=False),
]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help=f"The memory's file; without it {STORE_VARIABLE}'s, or one in your data folder."),
]
UserOption = Annotated[str, typer.Option("--user", help="Whose memory.")]
EngineOption = Annotated[str, typer.Option("--engine", help=f"The runtime: {' or '.join(kinds())}.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DateOption = Annotated[
    str, typer.Option("--date", help="The day it was said: 2023-05-12, today, or unknown.", metavar="DATE")
]


def open_memory(bundle: Path, store: Path | None, engine: str) -> Memory:
    """The memory of a bundle; raises `BundleError`, `StoreError`, `ConfigError`."""
    from runtime_py.bundle import Bundle, Experts

    opened = Bundle.open(bundle)
    embedder = opened.embedder()
    experts = Experts.of_memory(opened, engine, pictures=lambda name: sight.rows_of(name))
    kept = Store(store or default_store(), embedder)
    sight = Sight(opened.image_encoder, kept)
    return Memory(experts, embedder, kept, opened.prompt("generate").retrieve_k, sight=sight)


def existing_store(path: Path | None) -> Path:
    """`path`, or the default store; raises `ConfigError` where there is no file."""
    path = path or default_store()
    if not path.is_file():
        raise ConfigError(f"no store {path}: expected a file, got none; name it with --store")
    return path


def known_user(store: Store, user: str) -> str:
    """`user`; raises `ConfigError` that names who is stored where he is not."""
    names = [str(row["name"]) for row in store.rows("SELECT name FROM users ORDER BY id")]
    if names and user not in names:
        raise ConfigError(f"no user {user!r} in {store.path}: expected one of {', '.join(names)}; name one with --user")
    return user


def read_date(text: str) -> date | None:
    """A day as an option gives it; raises `ConfigError` for one that cannot be read."""
    if text == "today":
        return date.today()
    if text == "unknown":
        return None
    day = parse_session_date(text)
    if day is None:
        raise ConfigError(f"wrong date: expected a day like 2023-05-12, today or unknown, got {text!r}; correct it")
    return day


def read_text(text: str) -> str:
    """`text`, or what stands on stdin for `-`."""
    if text != "-":
        return text
    return sys.stdin.buffer.read().decode("utf-8", "replace")
