"""The sections of the report; each takes its figures as plain JSON and gives HTML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from export.report.html import figure, join, markup, table
from export.report.plots import Bar, Line, bar_plot, heat_map, line_plot
from runtime_py import operations
from runtime_py.files import LogEntry

Json = Mapping[str, Any]
_ROLES = (
    ("base.ptd", "the base, once, read by both runtimes"),
    ("embed.*", "sentence embedder"),
    ("*.onnx_adapter", "expert as an ONNX Runtime adapter"),
    ("*.onnx", "ONNX graph over the base"),
    ("*.pte", "ExecuTorch program over the base"),
    ("tokenizer.*", "tokenizer"),
    ("goldens/*", "parity vectors"),
    ("grammar/*", "token automaton of the output's JSON schema"),
    ("*.json", "manifest, index, prompts"),
)


def format_bytes(size: int) -> str:
    """Decimal units, as in file managers: 1 MB is 1,000,000 bytes."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.2f} MB"


def format_figure(row: Json) -> str:
    """`k/n p [low, high]` or `p [low, high] N=n`: a figure never stands without its count and interval."""
    if not row["n"]:
        return "N=0"
    figure = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['k']}/{row['n']} {figure}" if "k" in row else f"{figure} N={row['n']}"


def bundle_files(bundle: Path) -> dict[str, int]:
    """Bytes by file name in the bundle, the report itself left out."""
    files = (path for path in sorted(bundle.rglob("*")) if path.is_file() and path.name != "report.html")
    return {path.relative_to(bundle).as_posix(): path.stat().st_size for path in files}


def sizes(files: Mapping[str, int]) -> Markup:
    """Every file of the bundle, largest first."""
    rows: list[Sequence[str]] = []
    for name, size in sorted(files.items(), key=lambda item: -item[1]):
        role = next((role for pattern, role in _ROLES if Path(name).match(pattern)), "")
        rows.append((markup("<code>{}</code>", name), role, format_bytes(size)))
    rows.append((markup("<b>all files</b>"), "", markup("<b>{}</b>", format_bytes(sum(files.values())))))
    return table("Largest first", ("file", "what it is", "size"), rows, left=(1,))


def training(logs: Mapping[str, Sequence[LogEntry]]) -> Markup:
    """Loss curves of each expert."""
    plots: list[Markup] = []
    for operation, log in logs.items():
        lines = [
            Line(label, points, operation, dashed)
            for key, label, dashed in (("loss", "training", True), ("validation_loss", "validation", False))
            if (points := [(float(e.step), float(getattr(e, key))) for e in log if getattr(e, key) is not None])
        ]
        if lines:
            plots.append(figure(operation, line_plot(f"Loss of {operation}", "step", "loss", lines)))
    return markup('<div class="plots">{}</div>', join(plots)) if plots else Markup("")


def quantization(errors: Json) -> Markup:
    """Relative error of each quantized tensor as a map of layer by module."""
    grid: dict[str, dict[int, float]] = {}
    others: list[Sequence[str]] = []
    for tensor in errors["tensors"]:
        parts = tensor["name"].split(".")
        value = tensor["chosen"]["relative"]
        if "layers" in parts:
            grid.setdefault(parts[-2], {})[int(parts[parts.index("layers") + 1])] = value
        else:
            name = markup("<code>{}</code>", tensor["name"])
            others.append((name, f"{value:.4f}", f"{tensor['rtn']['relative']:.4f}"))
    html = Markup("")
    if grid:
        layers = sorted({layer for row in grid.values() for layer in row})
        cells = {name: [row.get(layer) for layer in layers] for name, row in grid.items()}
        drawing = heat_map("Relative quantization error", cells, [f"layer {layer}" for layer in layers])
        html += figure("Relative error |quantized − float| / |float| of each matrix", drawing)
    means = [sum(t[kind]["relative"] for t in errors["tensors"]) / len(errors["tensors"]) for kind in ("chosen", "rtn")]
    others.append((f"mean of {len(errors['tensors'])} tensors", f"{means[0]:.4f}", f"{means[1]:.4f}"))
    caption = f"Groups of {errors['group_size']}, scales by {errors['scale_search']}"
    heading = markup("<h3>Outside the layers, and over all</h3>")
    return html + heading + table(caption, ("", "shipped", "round to nearest"), others)


def _bar(label: str, row: Json, style: str) -> Bar:
    text = format_figure(row)
    return Bar(label, row["value"], row["low"], row["high"], text, style)


def accuracy(result: Json) -> Markup:
    """Before and after: each operation's headline figure, then questions answered end to end, then everything."""
    html = Markup("")
    for split, suite in result["splits"].items():
        html += markup("<h3>Split <code>{}</code></h3>", split)
        scored = suite.get("operations", {})
        groups = {}
        for operation in (name for name in [*operations.taught(), *operations.pictured()] if name in scored):
            headline = operations.get(operation).headline
            bars = [
                _bar(model, figures[headline], model if model == "experts" else "base")
                for model, figures in scored[operation].items()
            ]
            groups[f"{operation}: {headline}"] = bars
        stages = suite.get("end_to_end", {})
        if stages:
            groups["questions answered, end to end"] = [
                _bar(name, figures["all"], "base" if name == "none" else "oracle" if "oracle" in name else "")
                for name, figures in stages.items()
            ]
        if groups:
            html += markup('<div class="scroll">{}</div>', bar_plot(f"Accuracy on {split}", groups))
        tables = join(_comparison(operation, models) for operation, models in scored.items())
        if stages:
            tables += _comparison("end to end, by kind of question", stages)
        html += markup("<details><summary>Every figure</summary>{}</details>", tables)
    return html


def _comparison(caption: str, columns: Mapping[str, Json]) -> Markup:
    names = dict.fromkeys(name for column in columns.values() for name in column)
    rows = [(name, *(format_figure(c[name]) if name in c else "–" for c in columns.values())) for name in names]
    return table(caption, ("", *columns), rows)


def latency(rows: Sequence[Json]) -> Markup:
    """One row for each operation and target: milliseconds a call, tokens a second of written answer."""
    cells = [
        (
            r["operation"],
            r["target"],
            str(r["n"]),
            f"{r['p50_ms']:.1f}",
            f"{r['p95_ms']:.1f}",
            f"{r['tokens_per_s']:.0f}",
        )
        for r in rows
    ]
    head = ("operation", "target", "calls", "median ms", "95th ms", "answer tokens/s")
    return table("Wall clock of one call", head, cells, left=(1,))


def parity(legs: Sequence[Json]) -> Markup:
    """One row for each leg and operation, and every differing greedy step beneath."""
    rows = [
        (
            leg["operation"],
            leg["leg"] + (f" ({leg['packaging']})" if leg.get("packaging") else ""),
            f"{leg['equal_steps']}/{leg['steps']}",
            f"{leg['max_relative_error']:.2e}",
            f"{leg['adapter_effect']:.2f}",
            markup('<span class="pass">✓ equal</span>' if leg["passed"] else '<span class="fail">✗ differs</span>'),
        )
        for leg in legs
    ]
    head = ("operation", "leg", "equal greedy steps", "largest relative error", "adapter's effect", "verdict")
    html = table("Each runtime against the arbiter", head, rows, left=(1,))
    misses = [(leg, miss) for leg in legs for miss in leg["misses"]]
    if misses:
        cells = (
            (leg["operation"], leg["leg"], str(m["prompt"]), str(m["step"]), f"{m['margin']:.4f}") for leg, m in misses
        )
        columns = ("operation", "leg", "prompt", "step", "arbiter's top-2 margin")
        steps = table("", columns, cells, left=(1,))
        html += markup("<details><summary>{} differing steps</summary>{}</details>", len(misses), steps)
    return html
