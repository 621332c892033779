"""The table of rules (`tables/rules.json`, `tables/words.json`), compiled.

A pattern is a regular expression over text in small letters, without lookbehind, backreference, flag or class that
differs from one engine to another. In it a space is any white space, `<name>` any word of that list, `{name}` the same
and kept under this name, `{name:list}` kept under another name; `<end>` is the end of the text.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "tables"
GAP = r"[ \t\r\n\u00a0]+"
WORD_START = r"(?<![a-z0-9_'@#&/\\.\u00c0-\u024f-])(?<![0-9],)(?=[a-z0-9])"
WORD_END = r"(?![a-z0-9_@/\\\u00c0-\u024f]|'[a-z]|[.][a-z0-9]|-[a-z0-9])"
_HOLE = re.compile(r"\{([a-z]+)(?::([a-z0-9]+))?\}|<([a-z0-9]+)>")


@dataclass(frozen=True)
class Rule:
    """
    find        what it matches, in small letters
    meaning     the name of the function that turns the match into a date
    tense       "future": only where the clause speaks of it
    not_after   no match where the text before ends so
    not_before  no match where the text after begins so
    options     for the function
    """

    find: re.Pattern[str]
    meaning: str
    tense: str
    not_after: re.Pattern[str] | None
    not_before: re.Pattern[str] | None
    options: dict[str, Any]


def read(name: str) -> Any:
    """A table of `tables/`."""
    return json.loads((_FOLDER / name).read_text("utf-8"))


@cache
def words() -> dict[str, dict[str, Any]]:
    """List -> word -> what it stands for."""
    table: dict[str, dict[str, Any]] = read("words.json")
    return table


@cache
def rules() -> tuple[Rule, ...]:
    """In the order of the table; of two matches of one length the earlier rule wins."""
    table = read("rules.json")
    lists = {name: _either(list(entries)) for name, entries in {**words(), **table["lists"]}.items()}
    for name, part in table["parts"].items():
        lists[name] = _fill(part, lists)
    guards = {name: re.compile(_gaps(_fill(guard, lists))) for name, guard in table["guards"].items()}
    made = []
    for row in table["rules"]:
        options = {k: v for k, v in row.items() if k not in ("find", "as", "tense", "not_after", "not_before")}
        find = re.compile(WORD_START + "(?:" + _gaps(_fill(row["find"], lists)) + ")" + WORD_END)
        after, before = (guards[row[k]] if k in row else None for k in ("not_after", "not_before"))
        made.append(Rule(find, row["as"], row.get("tense", ""), after, before, options))
    return tuple(made)


def _either(entries: list[str]) -> str:
    return (
        "(?:" + "|".join(re.escape(entry).replace(r"\ ", " ") for entry in sorted(entries, key=len, reverse=True)) + ")"
    )


def _fill(pattern: str, lists: dict[str, str]) -> str:
    def hole(match: re.Match[str]) -> str:
        name, other, plain = match.groups()
        return lists[plain] if plain else f"(?P<{name}>{lists[other or name]})"

    return _HOLE.sub(hole, pattern)


def _gaps(pattern: str) -> str:
    """A space becomes white space; inside a class it stays."""
    out, inside = [], False
    for sign in pattern:
        inside = sign == "[" or (inside and sign != "]")
        out.append(GAP if sign == " " and not inside else sign)
    return "".join(out)
