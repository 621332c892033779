"""Writes the table of `targets.md` from what tests showed: `python docs/draw_targets.py`. A test compares it.

`targets.json` holds a claim a line, made by the test that it names (`tests/shown.py`).
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

RECORD = Path(__file__).with_name("targets.json")
PAGE = Path(__file__).with_name("targets.md")
BEGIN, END = "<!-- table: docs/draw_targets.py -->\n", "<!-- end of table -->"
STAGES = ("lowered", "compiled", "run")
COLUMNS = ("target", "form", "operation", "lowered", "compiled for", "run on", "parity", "shown by")

Claim = Mapping[str, str]


def claims() -> list[Claim]:
    """All that is recorded: `target`, `form`, `operation`, `stage`, `on`, `parity` and the test, `by`."""
    found: list[Claim] = json.loads(RECORD.read_text("utf-8"))
    return found


def table(found: Sequence[Claim]) -> str:
    """A row for each target, form, and operations of which the same was shown."""
    shown: dict[tuple[str, str, str], list[Claim]] = defaultdict(list)
    for claim in found:
        shown[claim["target"], claim["form"], claim["operation"]].append(claim)
    rows: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (target, form, operation), made in sorted(shown.items()):
        lowered, compiled, run = (_joined(c["on"] for c in made if c["stage"] == stage) for stage in STAGES)
        parity = _joined(c["parity"] for c in made if c["parity"])
        tests = _joined(f"`{c['by'].partition('::')[0].rpartition('/')[2]}`" for c in made)
        rows[target, form, lowered or "yes", compiled or "-", run or "-", parity or "-", tests].append(operation)
    head = f"| {' | '.join(COLUMNS)} |\n" + "|---" * len(COLUMNS) + "|\n"
    return head + "".join(
        f"| `{target}` | {form} | {', '.join(operations)} | {' | '.join(rest)} |\n"
        for (target, form, *rest), operations in rows.items()
    )


def page(text: str, found: Sequence[Claim]) -> str:
    """The page `text` with the table in its place."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name}: expected the lines {BEGIN.strip()!r} and {END!r}, got none")
    return before + BEGIN + table(found) + END + after


def _joined(words: object) -> str:
    return ", ".join(dict.fromkeys(words))  # type: ignore[call-overload]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8"), claims()), "utf-8")
