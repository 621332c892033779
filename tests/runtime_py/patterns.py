"""The patterns of the tables, which engines of other languages read too: found, and held to what all of them know."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TABLES = Path(__file__).parents[2] / "runtime_py"
_ROOMS = ("memory", "text")
"""Whose tables hold patterns; the store's hold SQL."""
_SIGN = re.compile(r"[\\()|\[\]?*+{}^$]")
_ATOM = (
    r"(?:\\b|\[\^\\W_\]"  # the two whose letters a port spells out: where a word ends, a letter or digit
    r"|\[\^?(?:(?!&&)[^\\\[\]^])+\]"  # a class of characters that are written out
    r"|\)|[^\\\[\](){}|?*+.$^])"
)
_HOW_OFTEN = r"(?:(?:[?*+]|\{[0-9]+(?:,[0-9]*)?\})\??(?![?*+{]))?"
_SHARED = re.compile(rf"(?:{_ATOM}{_HOW_OFTEN}|\((?:\?[:=!]|(?!\?))|\||\^)*")


def tables_of_patterns() -> dict[str, list[str]]:
    """Of every table of the rules that has some: its name and the texts in it that are regular expressions."""
    found = {
        str(path.relative_to(_TABLES)): [
            text for text in _texts(json.loads(path.read_text("utf-8"))) if _SIGN.search(text)
        ]
        for room in _ROOMS
        for path in sorted((_TABLES / room).rglob("tables/*.json"))
    }
    return {name: patterns for name, patterns in found.items() if patterns}


def foreign_part(pattern: str) -> str:
    """What is left of a pattern where it leaves what all engines read alike; empty where it does not.

    No flag, lookbehind, backreference, named group or possessive part, no `.` or `$`, whose lines differ, and of the
    classes with a name `\\b` and `[^\\W_]` alone.
    """
    match = _SHARED.match(pattern)
    return pattern[match.end() :] if match else pattern


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
