"""`memlora mcp`: a memory as tools for a model, over stdin and stdout."""

from importlib.metadata import version
from typing import Annotated

import typer

from memlora_cli.opening import BundleArgument, EngineOption, StoreOption, UserOption, open_memory
from runtime_py.engines import DEFAULT


def mcp(
    bundle: BundleArgument,
    store: StoreOption = None,
    user: UserOption = "me",
    speaker: Annotated[str, typer.Option(help="The user's name, as memories should tell it.")] = "",
    engine: EngineOption = DEFAULT,
) -> None:
    """Serve the memory of one user to a client of the Model Context Protocol, which starts this command itself.

    Stdin and stdout belong to the protocol; it ends when the client closes stdin. It opens no port.
    """
    from serving.mcp import serve

    with open_memory(bundle, store, engine) as memory:
        serve(memory, user, speaker or (user if user != "me" else ""), version("memlora"))
