"""Figures as Rich tables and as plain JSON; nothing is printed here."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from evaluation.figures.intervals import Ratio, Share

_COLUMNS = 3
"""Models beside each other: more would not fit a terminal."""

Figures = Mapping[str, Share | Ratio]


def as_json(figures: Any) -> Any:
    """Shares and ratios, however deep, as plain JSON."""
    if isinstance(figures, Share | Ratio):
        return figures.as_json()
    if isinstance(figures, Mapping):
        return {key: as_json(value) for key, value in figures.items()}
    return figures


def format_figure(row: Mapping[str, Any]) -> str:
    """One figure of the JSON result as text: `k/n p [low, high]` or `p [low, high] N=n`."""
    if not row["n"]:
        return "N=0"
    if "median" in row:
        return f"{row['median']:.3f} [{row['low']:.3f}, {row['high']:.3f}] N={row['n']}"
    figure = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['k']}/{row['n']} {figure}" if "k" in row else f"{figure} N={row['n']}"


def comparison_table(title: str, columns: Mapping[str, Mapping[str, Any]], corner: str = "") -> Table:
    """A row for each figure, a column for each model or configuration; a figure that one lacks is a dash."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(corner, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right")
    for figure in dict.fromkeys(name for column in columns.values() for name in column):
        cells = [format_figure(column[figure]) if figure in column else "–" for column in columns.values()]
        table.add_row(figure, *cells)
    return table


def result_tables(result: Mapping[str, Any]) -> list[Table]:
    """The tables of a suite's result."""
    if result["suite"] == "locomo":
        where = f"LoCoMo {result['sample']}"
        return [
            comparison_table(f"{where}: evidence turns found", result["retrieval"]),
            comparison_table(f"{where}: answers from {result['memories']} hits", result["answers"]),
        ]
    if result["suite"] in ("everyday", "lines"):
        named = {f"{result['suite']}, {split}": figures for split, figures in result["splits"].items()}
        found = [table for where, figures in named.items() for table in _everyday_tables(where, figures)]
        worlds = {"memory": result["worlds"]} if "worlds" in result else {}
        return [*found, *([comparison_table("a world of our own", worlds)] if worlds else [])]
    tables = []
    for split, suite in result["splits"].items():
        for operation, models in suite.get("operations", {}).items():
            columns = list(models.items())
            for start in range(0, len(columns), _COLUMNS):
                tables.append(comparison_table(f"{split}: {operation}", dict(columns[start : start + _COLUMNS])))
        if "end_to_end" in suite:
            # Configurations as rows: seven columns of intervals would not fit a terminal.
            tables.append(comparison_table(f"{split}: end to end", _transpose(suite["end_to_end"]), "experts on"))
    return tables


def _everyday_tables(where: str, figures: Mapping[str, Any]) -> list[Table]:
    title = f"{where}, {figures['dialogues']} dialogues: questions"
    lacking = [f"no {way}: {why}" for way, why in figures["missing"].items()]
    stored = {"memory": figures["memory"]}
    return [
        comparison_table("; ".join([title, *lacking]), figures["answers"]),
        comparison_table(f"{where}: what was stored", stored),
        comparison_table(f"{where}: cost, median and mean", _transpose(figures["cost"])),
    ]


def _transpose(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    turned: dict[str, dict[str, Any]] = {}
    for name, column in columns.items():
        for figure, value in column.items():
            turned.setdefault(figure, {})[name] = value
    return turned
