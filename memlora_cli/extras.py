"""Packages of an extra that are not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from runtime_py import engines
from runtime_py.errors import MissingExtraError

_ROOMS = ("serving", "distill", "calibration", "export", "evaluation", "runtime_py", "memlora_cli")

_EXTRAS = {"fastapi": "serve", "uvicorn": "serve", "mcp": "mcp", "mcp_types": "mcp", "ray": "ray"}
"""Of packages that no engine names and that make no bundle."""


@contextmanager
def explain_missing() -> Iterator[None]:
    """Turns the import of a package that is not installed into a sentence that names the extra that brings it."""
    try:
        yield
    except ModuleNotFoundError as e:
        package = (e.name or "").split(".")[0]
        if package in _ROOMS:
            raise
        known = (engines.get(kind) for kind in engines.kinds())
        extra = next((k.extra for k in known if k.extra and k.packages[0] == package), _EXTRAS.get(package, "export"))
        raise MissingExtraError(
            f"missing package: expected {package} to be installed, got none; run `pip install 'memlora[{extra}]'`"
        ) from e
