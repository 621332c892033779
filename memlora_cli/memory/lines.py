"""Lines of a conversation, as they are typed or piped."""

import io
import sys
from collections.abc import Iterator
from contextlib import suppress

PROMPT = "> "


def is_typed() -> bool:
    """Whether somebody sits at a terminal, whose keys edit the line."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def read_lines() -> Iterator[str]:
    """Lines without the blank ones; bytes that are no UTF-8 are replaced.

    On a terminal the arrow keys move and bring back earlier lines: these are in this process alone, in no file.
    """
    lines = _typed() if is_typed() else (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
    for line in lines:
        if line.strip():
            yield line.strip()


def _typed() -> Iterator[str]:
    with suppress(ImportError):  # not on every system; its import is what gives `input` the keys
        import readline  # noqa: F401
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            return
