"""A bar plot of a suite's result, where matplotlib is installed."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from runtime_py import operations
from runtime_py.errors import MissingExtraError


def plot_result(result: Mapping[str, Any], path: Path) -> Path:
    """Draws the headline figures with their intervals into `path` (the suffix says the format) and returns it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("no plot: expected matplotlib, found none; install it, or use the table and --json")
    from matplotlib.figure import Figure

    panels = _panels(result)
    rows = sum(len(bars) + 1 for bars in panels.values())
    figure = Figure(figsize=(8, 0.32 * rows + 0.6 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=[len(bars) + 1 for bars in panels.values()])
    for axis, (title, bars) in zip(axes[:, 0], panels.items(), strict=True):
        names, values = list(bars), [row["value"] for row in bars.values()]
        errors = [[r["value"] - r["low"] for r in bars.values()], [r["high"] - r["value"] for r in bars.values()]]
        axis.barh(names, values, xerr=errors, color="#2557c7", height=0.6, error_kw={"elinewidth": 1, "capsize": 2})
        axis.set(xlim=(0, 1), title=title)
        axis.title.set_fontsize(10)
        axis.tick_params(labelsize=8)
        axis.invert_yaxis()
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
    return path


def _panels(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if result["suite"] == "locomo":
        ways = {name: column["recall@10"] for name, column in result["retrieval"].items()}
        answers = {read: {k: v for k, v in column.items() if v["n"]} for read, column in result["answers"].items()}
        return {"evidence turns among 10 hits": ways} | {f"answers from {read}": bars for read, bars in answers.items()}
    if result["suite"] in ("everyday", "lines"):
        return {
            f"{split}: questions answered": {way: row["answered"] for way, row in figures["answers"].items()}
            for split, figures in result["splits"].items()
        }
    panels: dict[str, dict[str, Any]] = {}
    for split, suite in result["splits"].items():
        for operation, models in suite.get("operations", {}).items():
            headline = operations.get(operation).headline
            panels[f"{split}: {operation}, {headline}"] = {model: row[headline] for model, row in models.items()}
        if "end_to_end" in suite:
            panels[f"{split}: questions answered"] = {name: row["all"] for name, row in suite["end_to_end"].items()}
    return panels
