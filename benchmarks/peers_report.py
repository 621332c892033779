"""Tables and a plot of a comparison.

    python -m benchmarks.peers_report build/peers/result.json [--plot FILE] [--readme FILE]

`--readme` puts the tables between the two marks that a Markdown file has for this shape and group size.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from runtime_py import operations

ADAPTERS = ("no adapter", "q,v adapter", "all-linear adapter")
TURN = operations.names()
_MB = 1e6
TURN_TITLE = "memory turn, seconds: prompts, answers"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("result", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--readme", type=Path)
    asked = parser.parse_args()
    result = json.loads(asked.result.read_text("utf-8"))
    text = markdown(result)
    print(text)
    if asked.plot:
        draw(result, asked.plot)
    if asked.readme:
        start, end = marks(result["config"])
        before, _, rest = asked.readme.read_text("utf-8").partition(start)
        after = rest.partition(end)[2]
        asked.readme.write_text(f"{before}{start}\n{text}\n{end}{after}", "utf-8")


def marks(config: dict[str, Any]) -> tuple[str, str]:
    """Between which lines of a Markdown file the tables of such a comparison stand."""
    name = f"{config['shape']}, groups of {config['group_size']}"
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def markdown(result: dict[str, Any]) -> str:
    """All tables; a figure that a peer could not give is a dash, and the reason stands below."""
    config, peers = result["config"], result["peers"]
    parts = [
        f"{config['shape']}, int4 in groups of {config['group_size']}, {config['threads']} threads, "
        f"{result['machine']}, {result['system']}, {result['date']}. "
        f"Medians of {_runs(result)} runs in turns (lowest–highest).",
        f"Tokens a second: a prompt of {config['prompt']} tokens, and {config['steps']} steps after it.",
        _table(
            ["", *(f"{kind}, {adapter}" for kind in ("prefill", "decode") for adapter in ADAPTERS)],
            (
                [label(name, row)]
                + [_speed(row, a, f"{k}_tokens_per_s") for k in ("prefill", "decode") for a in ADAPTERS]
                for name, row in peers.items()
            ),
        ),
        "A memory turn, milliseconds, answers given beforehand: prompt and answer tokens "
        f"{_lengths(peers)}. With look-up: what followed the last two tokens earlier is fed along and checked.",
        _table(
            ["", *TURN, "all three", "all three with look-up", "switch p50 / p95 ms (without one)"],
            (
                [label(name, row)]
                + [_spread(_turn(row, "turn", operation)) for operation in TURN]
                + [_spread(_whole(row, "turn")), _spread(_whole(row, "turn with look-up")), _switch(row)]
                for name, row in peers.items()
            ),
        ),
        "Memory with one and with three operations open, bytes on disk, and what making the files took.",
        _table(
            ["", "one, MB", "three, MB", "disk, MB", "made in, s", "peak of making, MB"],
            ([label(name, row), *_costs(row)] for name, row in peers.items()),
        ),
        "\n".join(f"- {name}: {reason}" for name, row in peers.items() for reason in _reasons(row)),
    ]
    return "\n\n".join(part for part in parts if part)


def draw(result: dict[str, Any], path: Path) -> None:
    """Prefill, decode and the whole turn, a bar for each peer; the turn's in two parts, prompts and answers."""
    from matplotlib.figure import Figure

    panels: dict[str, Callable[[dict[str, Any]], list[float]]] = {
        "prefill tokens/s, q,v adapter": lambda row: _drawn_speed(row, "prefill_tokens_per_s"),
        "decode tokens/s, q,v adapter": lambda row: _drawn_speed(row, "decode_tokens_per_s"),
        TURN_TITLE: lambda row: [ms / 1e3 for ms in _best(row)],
    }
    figure = Figure(figsize=(10, 0.4 * len(result["peers"]) + 1.4), layout="constrained")
    config = result["config"]
    figure.suptitle(
        f"{config['shape']}, {config['threads']} threads, {result['machine']}, {result['date']}", fontsize=9
    )
    axes = figure.subplots(1, len(panels), sharey=True)
    for axis, (title, values) in zip(axes, panels.items(), strict=True):
        for name, row in result["peers"].items():
            found = values(row) or [0.0]
            middle = float(np.median(found))
            ends = [[middle - min(found)], [max(found) - middle]]
            color = "#2557c7" if "memlora" in name else "#9aa7bd"
            prompts = _prompts(row) if title == TURN_TITLE else middle
            bar = name if _values(row, "q,v adapter", "decode_tokens_per_s") else f"{name}, no adapter"
            axis.barh(bar, prompts, color=color)
            axis.barh(bar, middle - prompts, left=prompts, xerr=ends, color=color, alpha=0.55, capsize=2)
        axis.set_title(title, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.savefig(path)


def label(name: str, row: dict[str, Any]) -> str:
    """A peer's name and version."""
    return f"{name} ({row['version']})" if row.get("version") else name


def _drawn_speed(row: dict[str, Any], key: str) -> list[float]:
    """With the q,v adapter, or without one where a peer takes none."""
    return _values(row, "q,v adapter", key) or _values(row, "no adapter", key)


def _values(row: dict[str, Any], measurement: str, key: str) -> list[float]:
    return [run["value"][key] for run in row["runs"].get(measurement, []) if "value" in run]


def _turn(row: dict[str, Any], measurement: str, operation: str) -> list[float]:
    return [run["value"][operation]["total_ms"] for run in row["runs"].get(measurement, []) if "value" in run]


def _whole(row: dict[str, Any], measurement: str) -> list[float]:
    runs = [run["value"] for run in row["runs"].get(measurement, []) if "value" in run]
    return [sum(run[operation]["total_ms"] for operation in TURN) for run in runs]


def _best(row: dict[str, Any]) -> list[float]:
    return _whole(row, _best_way(row))


def _best_way(row: dict[str, Any]) -> str:
    ways = [way for way in ("turn", "turn with look-up") if _whole(row, way)]
    return min(ways, key=lambda way: float(np.median(_whole(row, way))), default="turn")


def _prompts(row: dict[str, Any]) -> float:
    """Seconds of the turn until the first token of each answer."""
    runs = [run["value"] for run in row["runs"].get(_best_way(row), []) if "value" in run]
    return float(np.median([sum(run[o]["first_token_ms"] for o in TURN) for run in runs])) / 1e3 if runs else 0.0


def _speed(row: dict[str, Any], adapter: str, key: str) -> str:
    return _spread(_values(row, adapter, key))


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    return f"{np.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


def _switch(row: dict[str, Any]) -> str:
    """How much longer a step takes after another operation's than after its own, and a second one after its own."""
    found: dict[str, list[float]] = {"switched_ms": [], "again_ms": []}
    for run in row["runs"].get("switch", []):
        if "value" in run:
            stayed = float(np.median(run["value"]["stayed_ms"]))
            for key, extra in found.items():
                extra += [ms - stayed for ms in run["value"][key]]
    if not found["switched_ms"]:
        return "–"
    switched, control = (np.percentile(extra, [50, 95]) for extra in found.values())
    return f"{switched[0]:.1f} / {switched[1]:.1f} ({control[0]:.1f} / {control[1]:.1f})"


def _costs(row: dict[str, Any]) -> list[str]:
    held = [
        opened["value"]["resident_bytes"]
        for operation, opened in row.get("opened", {}).items()
        if operation != "None" and "value" in opened
    ]
    made = row["prepared"]
    memory = [f"{held[0] / _MB:.0f}", f"{held[-1] / _MB:.0f}"] if len(held) == len(TURN) else ["–", "–"]
    if "error" in made:
        return [*memory, "–", "–", "–"]
    return [*memory, f"{made['size_bytes'] / _MB:.0f}", f"{made['seconds']:.0f}", f"{made['peak_bytes'] / _MB:.0f}"]


def _lengths(peers: dict[str, Any]) -> str:
    for row in peers.values():
        for run in row["runs"].get("turn", []):
            if "value" in run:
                calls = run["value"]
                return ", ".join(f"{o} {calls[o]['prompt_tokens']} and {calls[o]['answer_tokens']}" for o in TURN)
    return "not measured"


def _reasons(row: dict[str, Any]) -> Iterable[str]:
    """Why figures are missing, each reason once."""
    if "error" in row["prepared"]:
        return [row["prepared"]["error"]]
    if "error" in row:
        return [row["error"]]
    answers = [*row.get("opened", {}).values(), *(run for runs in row["runs"].values() for run in runs)]
    return dict.fromkeys(answer["error"] for answer in answers if "error" in answer)


def _runs(result: dict[str, Any]) -> int:
    return max(int(result["repeats"]) - 1, 0)


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
