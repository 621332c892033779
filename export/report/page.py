"""report.html: one self-contained page about a bundle that one would show a colleague."""

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from export.report import sections
from export.report.pipeline import pipeline_diagram
from runtime_py.errors import ConfigError
from runtime_py.files import write_file_atomic

FIGURES = ("title", "training", "quantization", "accuracy", "latency", "parity")
_TEMPLATE = Path(__file__).with_name("template.html")
_LEAD = (
    "A private memory in one folder: a small language model, quantized once, with one expert for each memory "
    "operation, proved equal on the runtimes it ships for."
)
# (key, heading, what the section shows, how it is drawn, what was not run when the figures are missing)
_Section = tuple[str, str, str, Callable[[Any], str], str]
_SECTIONS: tuple[_Section, ...] = (
    (
        "accuracy",
        "Accuracy before and after",
        "People, names and values never seen in training. Grey is the base alone, colour is with experts; k/N, then "
        "the share and its 95 % interval.",
        sections.accuracy,
        "The evaluation was not run for this report: <code>memlora eval BUNDLE --suite synthetic</code>.",
    ),
    (
        "parity",
        "Parity",
        "The arbiter is ONNX Runtime without rounding of activations, which equals PyTorch on the dequantized base.",
        sections.parity,
        "The parity legs were not run for this report: <code>memlora verify BUNDLE</code>.",
    ),
    (
        "latency",
        "Latency",
        "One call is one operation from prompt to parsed output, on the machine that made this report.",
        sections.latency,
        "Latency was not measured for this report.",
    ),
    (
        "training",
        "Training of the experts",
        "Cross-entropy per target token; the weights of the best validation loss are kept.",
        sections.training,
        "No training log was given: the experts were not trained by this run.",
    ),
    (
        "quantization",
        "Quantization error",
        "What int4 costs each matrix of the base. Experts are trained on the quantized base and so recover part of it.",
        sections.quantization,
        "No quantization errors were given: <code>memlora quantize</code> writes them beside the base.",
    ),
)


def write_report(bundle: Path, figures: Mapping[str, Any], path: Path | None = None) -> Path:
    """Writes the page to `path`, by default `report.html` in the bundle, and returns where.

    `figures` may hold `title`, `training` {operation: its `LogEntry`s} and, as plain JSON:
    `quantization` (the base's errors.json),
    `accuracy` (the result of `memlora eval --suite synthetic --json`),
    `latency` [{operation, target, n, p50_ms, p95_ms, tokens_per_s?}],
    `parity` [a leg's JSON, with `packaging` besides]. A section without figures says that it was not run.

    Raises:
        ConfigError: the bundle is no folder, or `figures` has an unknown key.
    """
    target = path or bundle / "report.html"
    write_file_atomic(target, render_report(bundle, figures).encode())
    return target


def render_report(bundle: Path, figures: Mapping[str, Any]) -> str:
    """The page as text; as `write_report`."""
    if not bundle.is_dir():
        raise ConfigError(f"no bundle to report on: expected a folder, got {bundle}; export one first")
    unknown = set(figures) - set(FIGURES)
    if unknown:
        raise ConfigError(f"unknown figures: expected some of {', '.join(FIGURES)}, got {', '.join(sorted(unknown))}")
    files = sections.bundle_files(bundle)
    html = _section("How it works", "", f'<div class="scroll">{pipeline_diagram()}</div>')
    for key, heading, lead, draw, missing in _SECTIONS:
        drawn = draw(figures[key]) if figures.get(key) else ""
        html += _section(heading, lead, drawn) if drawn else _section(heading, "", f'<p class="missing">{missing}</p>')
    html += _section("Sizes", "Everything a phone has to hold.", sections.sizes(files))
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(str(figures.get("title") or f"memlora bundle {bundle.name}")),
        lead=_LEAD,
        tiles="".join(
            f'<div class="tile"><b>{value}</b><span>{label}</span></div>' for value, label in _tiles(files, figures)
        ),
        sections=html,
        footer="Written by memlora; nothing on this page is loaded from elsewhere.",
    )


def _section(heading: str, lead: str, body: str) -> str:
    return f"<section><h2>{heading}</h2>{f'<p>{lead}</p>' if lead else ''}{body}</section>"


def _tiles(files: Mapping[str, int], figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures one reads first."""
    tiles = [(sections.format_bytes(sum(files.values())), f"the whole bundle, {len(files)} files")]
    if "base.ptd" in files:
        tiles.append((sections.format_bytes(files["base.ptd"]), "the int4 base, shared by all operations"))
    legs = figures.get("parity") or []
    if legs:
        tiles.append((f"{sum(leg['passed'] for leg in legs)} of {len(legs)}", "parity legs passed"))
    splits = (figures.get("accuracy") or {}).get("splits", {})
    for split, suite in list(splits.items())[:1]:
        stages = suite.get("end_to_end", {})
        for name, label in (("none", "without experts"), ("extract+update+generate", "with experts")):
            if name in stages:
                share = stages[name]["all"]
                tiles.append((f"{share['k']}/{share['n']}", f"questions answered {label} ({escape(split)})"))
    return tiles
