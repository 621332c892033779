"""The runtimes that are compared: a module here that defines `PEER` is one, called by its module's name."""

import importlib
import pkgutil

from benchmarks.peer.peer import Call, Peer

__all__ = ["Call", "Peer", "load", "names"]


def names() -> list[str]:
    """Names of all peers, sorted; none is imported."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "peer")


def load(name: str) -> type[Peer]:
    """The class of the peer `name`."""
    found: type[Peer] = importlib.import_module(f"{__name__}.{name}").PEER
    return found
