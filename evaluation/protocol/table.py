"""The table: ours by row, the paper's beside it, what judged and what measured in words below."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from evaluation.figures.tables import format_figure
from evaluation.protocol.figures import REFUSED

PUBLISHED = Path(__file__).with_name("published.toml")
COLUMNS = ("", "L", "J", "F1", "category 5 refused", "read", "seeds")
NOTHING = "–"


def read_published() -> dict[str, Any]:
    """`{"source", "rows": [{"name", "l"?, "j"?, "k"?, "n"?, "v"?}]}` as the paper prints them."""
    return tomllib.loads(PUBLISHED.read_text("utf-8"))


def cells(name: str, figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One row of ours; L, J and F1 are of 100."""
    return [
        name,
        _mean(figures["L"]),
        _share(figures["J"]),
        _mean(figures["F1"]),
        _share(figures[REFUSED]),
        f"{figures['read']['mean']:.1f} of {figures['found']['mean']:.1f}",
        str(figures["L"]["seeds"]),
    ]


def published_cells(row: Mapping[str, Any]) -> list[str]:
    """One row of the paper's."""
    told = f"{row['j']:.1f}" if "j" in row else NOTHING
    if "k" in row:
        told = f"{row['k']}/{row['n']} {100 * row['k'] / row['n']:.1f}"
    if "v" in row:
        told = f"V {row['v']:.1f}"
    return [row["name"], f"{row['l']:.1f}" if "l" in row else NOTHING, told, *[NOTHING] * 4]


def _mean(figure: Mapping[str, Any]) -> str:
    if not figure["n"]:
        return NOTHING
    text = f"{100 * figure['mean']:.1f}"
    if figure["seeds"] > 1:
        text += f" ({100 * figure['lowest']:.1f}–{100 * figure['highest']:.1f})"
    return text


def _share(figure: Mapping[str, Any]) -> str:
    if not figure["n"]:
        return "0/0"
    counted = f"{', '.join(map(str, figure['k']))} of {figure['n']}:"
    return f"{counted} {100 * figure['mean']:.1f} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def tables(result: Mapping[str, Any]) -> list[Table]:
    """Ours, and the paper's with its source."""
    ours = Table(*COLUMNS, title=result["title"], title_justify="left", title_style="bold")
    for name, figures in result["rows"].items():
        ours.add_row(*cells(name, figures))
    for name, figure in result["vision"].items():
        ours.add_row(name, NOTHING, format_figure(figure), *[NOTHING] * 4)
    published = read_published()
    theirs = Table(*COLUMNS[:3], title=f"as published: {published['source']}", title_justify="left", title_style="bold")
    for row in published["rows"]:
        theirs.add_row(*published_cells(row)[:3])
    return [ours, theirs]


def markdown(result: Mapping[str, Any]) -> str:
    """Both tables and the notes as a page."""
    published = read_published()
    lines = [f"# {result['title']}", "", *_rows([cells(name, row) for name, row in result["rows"].items()])]
    lines += ["", *(f"- {name}: {format_figure(figure)}" for name, figure in result["vision"].items())]
    lines += ["", *(f"- {note}" for note in result["notes"]), "", f"As published ({published['source']}):", ""]
    lines += _rows([published_cells(row)[:3] for row in published["rows"]], COLUMNS[:3])
    if result["judge"]["prompt"]:
        lines += ["", f"The judge's prompt (sha256 {result['judge']['prompt_sha256']}):", "", "```"]
        lines += [result["judge"]["prompt"].rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _rows(rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> list[str]:
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return head + [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
