"""The runtimes that are compared: a module here that defines `PEER` is one, called by its module's name."""

import importlib
import pkgutil

from benchmarks.peer.peer import TURN, Call, Peer, is_measured_bare, operations_of

__all__ = ["TURN", "Call", "Peer", "is_measured_bare", "load", "names", "operations_of"]


def names() -> list[str]:
    """Names of all peers, sorted; none is imported."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "peer")


def load(name: str) -> type[Peer]:
    """The class of the peer `name`."""
    found: type[Peer] = importlib.import_module(f"{__name__}.{name}").PEER
    return found
