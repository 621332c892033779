"""What measured turns come to."""

from collections.abc import Iterable
from typing import Any

import numpy as np

Turn = dict[str, dict[str, Any]]
"""Who -> what he did in a turn: `add_ms` and `ask_ms` of our own, Kotlin's processor time, `ms` of a peer."""


def total_ms(did: dict[str, Any]) -> float:
    """A whole turn."""
    return float(did["ms"] if "ms" in did else did["add_ms"] + did["ask_ms"])


def figures(rows: list[Turn]) -> dict[str, Any]:
    """Medians over turns; how many times as long another took is the median over turns done side by side."""

    def middle(values: Iterable[float]) -> float:
        return round(float(np.median(list(values))), 4)

    names, own = list(rows[0]), [row["kotlin"] for row in rows]
    totals = {name: np.array([total_ms(row[name]) for row in rows]) for name in names}
    outside = totals["kotlin"] - np.array([did["engine_ms"] for did in own])
    busy = np.array([did["busy_ms"] for did in own])  # of the thread that calls: another's work does not lengthen it
    busy_outside = busy - np.array([did["engine_busy_ms"] for did in own])
    found: dict[str, Any] = {f"{name}, ms": middle(totals[name]) for name in names}
    for name in ("kotlin", "python"):
        found |= {f"{name}, {part}": middle(row[name][part] for row in rows) for part in ("add_ms", "ask_ms")}
    found["kotlin outside the engines, ms"] = middle(outside)
    found["kotlin outside the engines, share"] = middle(outside / totals["kotlin"])
    found["kotlin outside the engines, processor ms"] = middle(busy_outside)
    found["kotlin outside the engines, share of the thread's processor time"] = middle(busy_outside / busy)
    found |= {f"{name} over kotlin": middle(totals[name] / totals["kotlin"]) for name in names[1:]}
    for name in names[2:]:
        found[f"{name}, same texts"] = tuple(sum(row[name][key] for row in rows) for key in ("same", "calls"))
    same = [all(row["kotlin"][key] == row["python"][key] for key in ("memories", "answer")) for row in rows]
    return found | {"turns equal in kotlin and python": sum(same)}
