"""The figures of `evaluation.bench.bench` as Rich tables and as a plot."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.table import Table

from runtime_py.errors import ConfigError, MissingExtraError

_MB = 1e6
_SUFFIXES = (".png", ".svg", ".pdf")
_COLUMNS = {
    "prefill tokens/s": "prefill_tokens_per_s",
    "decode tokens/s": "decode_tokens_per_s",
    "first token ms": "first_token_ms",
    "whole call ms": "call_ms",
}


def bench_tables(result: Mapping[str, Any]) -> list[Table]:
    """The operations, then the bundle as a whole."""
    speed = Table(title=_title(result), title_justify="left", title_style="bold")
    speed.add_column("operation", no_wrap=True)
    for column in (*_COLUMNS, "turn"):
        speed.add_column(column, justify="right")
    for name, row in result["operations"].items():
        turn = row["turn"]
        lengths = f"{turn['prompt_tokens']} → {turn['answer_tokens']}"
        speed.add_row(name, *(format_spread(row[key]) for key in _COLUMNS.values()), lengths)
    whole = Table(show_header=False)
    for label, value in _facts(result).items():
        whole.add_row(label, value)
    return [speed, whole]


def format_spread(figure: Mapping[str, Any]) -> str:
    """`median (low-high)`, with as many digits as make sense."""
    digits = 0 if figure["median"] >= 100 else 1
    return f"{figure['median']:.{digits}f} ({figure['low']:.{digits}f}–{figure['high']:.{digits}f})"


def check_plot(path: Path) -> None:
    """Before minutes are spent: raises `MissingExtraError` without matplotlib, `ConfigError` for a suffix it lacks."""
    if find_spec("matplotlib") is None:
        raise MissingExtraError(
            "no plot: expected matplotlib, found none; run pip install 'memlora[bench]', or use the table and --json"
        )
    if path.suffix not in _SUFFIXES:
        raise ConfigError(f"no plot: expected a file in {', '.join(_SUFFIXES)}, got {path.name}; name another --plot")


def plot_bench(result: Mapping[str, Any], path: Path) -> Path:
    """Draws speeds and times of the operations into `path`, which `check_plot` has passed, and returns it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    figure.suptitle(_title(result), fontsize=9)
    names = list(result["operations"])
    for axis, (title, key) in zip(figure.subplots(2, 2).flat, _COLUMNS.items(), strict=True):
        rows = [result["operations"][name][key] for name in names]
        middle = [row["median"] for row in rows]
        ends = [[m - row["low"] for m, row in zip(middle, rows, strict=True)],
                [row["high"] - m for m, row in zip(middle, rows, strict=True)]]  # fmt: skip
        axis.barh(names, middle, xerr=ends, color="#2557c7", height=0.6, error_kw={"elinewidth": 1, "capsize": 2})
        axis.set_title(title, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.invert_yaxis()
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
    return path


def _title(result: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return f"{result['bundle']} on {result['engine']}: {result['machine']}, {versions}, {result['date']}"


def _facts(result: Mapping[str, Any]) -> dict[str, str]:
    memory, size, switch = result["resident_bytes"], result["size_bytes"], result["switch_ms"]
    facts = {
        "prompt and decode tokens": f"{result['prompt_tokens']} and {result['decode_tokens']}",
        "threads": str(result["threads"]),
        "check of all hashes": f"{result['check_ms']:.0f} ms",
        "opening": ", ".join(f"{name} {row['open_ms']:.0f} ms" for name, row in result["operations"].items()),
        "switch of operation": f"p50 {switch['p50']:.2f} ms, p95 {switch['p95']:.2f} ms",
    }
    if memory:
        opened = ", ".join(f"{count}: {held / _MB:.0f}" for count, held in memory["by_open_operations"].items())
        facts["memory, MB, by open operations"] = opened
        facts["memory, MB"] = f"now {memory['now'] / _MB:.0f}, peak {memory['peak'] / _MB:.0f}"
    facts["on disk, MB"] = ", ".join(f"{kind} {value / _MB:.1f}" for kind, value in size.items())
    return facts
