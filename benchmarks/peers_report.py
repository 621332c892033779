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
OURS = "memlora"
_NUMBERS = ("none", "one", "two", "three", "four")
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
    config, peers, turn = result["config"], result["peers"], operations_of(result)
    adapters = [label for label in ADAPTERS if any(row["runs"].get(label) for row in peers.values())]
    weights = config.get("weights", f"int4 in groups of {config['group_size']}")
    whole = "both" if len(turn) == 2 else f"all {_NUMBERS[len(turn)]}"
    parts = [
        f"{config['shape']}, {weights}, {config['threads']} threads, "
        f"{result['machine']}, {result['system']}, {result['date']}. "
        f"Medians of {_runs(result)} runs in turns (lowest–highest).",
        f"Tokens a second: a prompt of {config['prompt']} tokens, and {config['steps']} steps after it.",
        _table(
            ["", *(f"{kind}, {adapter}" for kind in ("prefill", "decode") for adapter in adapters)],
            (
                [label(name, row)]
                + [_speed(row, a, f"{k}_tokens_per_s") for k in ("prefill", "decode") for a in adapters]
                for name, row in peers.items()
            ),
        ),
        "A memory turn, milliseconds, answers given beforehand: prompt and answer tokens "
        f"{_lengths(result)}. With look-up: what followed the last two tokens earlier is fed along and checked.",
        _table(
            ["", *turn, whole, f"{whole} with look-up", "switch p50 / p95 ms (without one)"],
            (
                [label(name, row)]
                + [_spread(_turn(row, "turn", operation)) for operation in turn]
                + [_spread(_whole(row, "turn")), _spread(_whole(row, "turn with look-up")), _switch(row)]
                for name, row in peers.items()
            ),
        ),
        advantage(result),
        _agreement(peers),
        f"Memory with one and with {_NUMBERS[len(turn)]} operations open, bytes on disk, what making the files took.",
        _table(
            ["", "one, MB", f"{_NUMBERS[len(turn)]}, MB", "disk, MB", "made in, s", "peak of making, MB"],
            ([label(name, row), *_costs(row, len(turn))] for name, row in peers.items()),
        ),
        "\n".join(f"- {name}: {reason}" for name, row in peers.items() for reason in _reasons(row)),
    ]
    return "\n\n".join(part for part in parts if part)


def draw(result: dict[str, Any], path: Path) -> None:
    """Prefill, decode and the whole turn, a bar for each peer; the turn's in two parts, prompts and answers."""
    from matplotlib.figure import Figure

    panels: dict[str, Callable[[dict[str, Any]], list[float]]] = {
        "prefill tokens/s, with an adapter": lambda row: _drawn_speed(row, "prefill_tokens_per_s"),
        "decode tokens/s, with an adapter": lambda row: _drawn_speed(row, "decode_tokens_per_s"),
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
            takes_one = any(_values(row, adapter, "decode_tokens_per_s") for adapter in ADAPTERS[1:])
            bar = name if takes_one or not row["runs"] else f"{name}, no adapter"
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


def operations_of(result: dict[str, Any]) -> list[str]:
    """The operations of the turn that was measured."""
    found: list[str] = result["config"].get("operations") or operations.names()
    return found


def advantage(result: dict[str, Any]) -> str:
    """How much faster a turn of ours is than the fastest other's, both in their best way; empty without one of them."""
    turns = {name: float(np.median(_best(row))) / 1e3 for name, row in result["peers"].items() if _best(row)}
    ours = {name: seconds for name, seconds in turns.items() if name.startswith(OURS)}
    others = {name: seconds for name, seconds in turns.items() if name not in ours}
    if not ours or not others:
        return ""
    mine, other = min(ours, key=ours.__getitem__), min(others, key=others.__getitem__)
    return (
        f"A turn, each in its best way: {mine} {ours[mine]:.2f} s, the fastest other, {other}, {others[other]:.2f} s: "
        f"{others[other] / ours[mine]:.2f} times as fast."
    )


def _agreement(peers: dict[str, Any]) -> str:
    """How much of the answers each peer would have said by itself; empty for random weights, which say nothing."""
    found = []
    for name, row in peers.items():
        counts = row.get("agreement", {}).get("value", {}).values()
        agreed, tokens = (sum(pair[i] for pair in counts) for i in (0, 1))
        if agreed * 2 > tokens:
            found.append(f"{name} {agreed} of {tokens}")
    return f"Tokens of the answers that a peer would have chosen by itself: {', '.join(found)}." if found else ""


def _drawn_speed(row: dict[str, Any], key: str) -> list[float]:
    """With the first adapter that was measured, or without one where a peer takes none."""
    measured = [_values(row, adapter, key) for adapter in (*ADAPTERS[1:], ADAPTERS[0])]
    return next(filter(None, measured), [])


def _values(row: dict[str, Any], measurement: str, key: str) -> list[float]:
    return [run["value"][key] for run in row["runs"].get(measurement, []) if "value" in run]


def _turn(row: dict[str, Any], measurement: str, operation: str) -> list[float]:
    return [run["value"][operation]["total_ms"] for run in row["runs"].get(measurement, []) if "value" in run]


def _whole(row: dict[str, Any], measurement: str) -> list[float]:
    runs = [run["value"] for run in row["runs"].get(measurement, []) if "value" in run]
    return [sum(call["total_ms"] for call in run.values()) for run in runs]


def _best(row: dict[str, Any]) -> list[float]:
    return _whole(row, _best_way(row))


def _best_way(row: dict[str, Any]) -> str:
    ways = [way for way in ("turn", "turn with look-up") if _whole(row, way)]
    return min(ways, key=lambda way: float(np.median(_whole(row, way))), default="turn")


def _prompts(row: dict[str, Any]) -> float:
    """Seconds of the turn until the first token of each answer."""
    runs = [run["value"] for run in row["runs"].get(_best_way(row), []) if "value" in run]
    return (
        float(np.median([sum(call["first_token_ms"] for call in run.values()) for run in runs])) / 1e3 if runs else 0.0
    )


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


def _costs(row: dict[str, Any], operations: int) -> list[str]:
    held = [
        opened["value"]["resident_bytes"]
        for operation, opened in row.get("opened", {}).items()
        if operation != "None" and "value" in opened
    ]
    made = row["prepared"]
    memory = [f"{held[0] / _MB:.0f}", f"{held[-1] / _MB:.0f}"] if len(held) == operations else ["–", "–"]
    if "error" in made:
        return [*memory, "–", "–", "–"]
    peak = f"{made['peak_bytes'] / _MB:.0f}" if "peak_bytes" in made else "–"
    return [*memory, f"{made['size_bytes'] / _MB:.0f}", f"{made['seconds']:.0f}", peak]


def _lengths(result: dict[str, Any]) -> str:
    for row in result["peers"].values():
        for run in row["runs"].get("turn", []):
            if "value" in run:
                calls = run["value"]
                return ", ".join(
                    f"{o} {calls[o]['prompt_tokens']:.0f} and {calls[o]['answer_tokens']:.0f}" for o in calls
                )
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
