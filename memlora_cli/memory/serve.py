"""`memlora serve`: the memory for other programs of this machine."""

import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from memlora_cli.opening import BundleArgument, EngineOption, StoreOption
from memlora_cli.terminal import results
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError
from runtime_py.store import default_store

TOKEN_VARIABLE = "MEMLORA_TOKEN"


def serve(
    bundle: BundleArgument,
    store: StoreOption = None,
    host: Annotated[str, typer.Option(help="The address to listen on; others than this machine's need a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8417,
    token_file: Annotated[
        Path | None,
        typer.Option(help="Lines USER TOKEN; * is every user. Without it MEMLORA_TOKEN's is the token of --user."),
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Who is meant where a caller names nobody.")] = "me",
    engine: EngineOption = DEFAULT,
    timeout: Annotated[float, typer.Option(help="Seconds a request may wait and run.", min=1, max=3600)] = 120.0,
    queue: Annotated[int, typer.Option(help="Requests that may wait for the model.", min=1, max=10_000)] = 64,
) -> None:
    """Serve the memory to OpenAI's and Mem0's clients, and a page at /."""
    from serving.http import ANYONE, Opened, Settings, serve

    default = "me" if user == ANYONE else user
    settings = Settings(host, port, read_access(token_file, user), default, timeout_s=timeout, most_waiting=queue)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    opened = Opened.open(bundle, store or default_store(), engine)
    serve(opened, settings, lambda address: results().print(f"serving {address} (Ctrl+C ends)", markup=False))


def read_access(file: Path | None, user: str) -> dict[str, str]:
    """Users by token. Raises `ConfigError`; no message holds a token."""
    from serving.http import check_token, read_tokens

    if file is not None:
        try:
            return read_tokens(file.read_text("utf-8-sig"), str(file))  # some editors write a mark first
        except UnicodeDecodeError:
            raise ConfigError(f"wrong {file}: expected lines USER TOKEN in UTF-8, got other bytes; mend it") from None
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        return {}
    check_token(token, TOKEN_VARIABLE)
    return {token: user}
