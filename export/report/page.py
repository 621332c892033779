"""report.html: one self-contained page about a bundle that one would show a colleague."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from export.report import everyday, sections
from export.report.html import markup, render
from export.report.pipeline import pipeline_diagram
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import write_file_atomic

FIGURES = ("title", "conversation", "training", "quantization", "accuracy", "latency", "parity")
HUES = 3  # in page.html, for light and for dark
_LEAD = (
    "A private memory in one folder: a small language model, quantized once, with one expert for each memory "
    "operation, proved equal on the runtimes it ships for."
)


@dataclass(frozen=True)
class _Section:
    """A part of the page; without figures it says `missing`, and the `command` that makes them."""

    heading: str
    lead: str
    key: str
    draw: Callable[[Any], Markup]
    missing: str
    command: str = ""


def _accuracy(result: Any) -> Markup:
    return everyday.answers(result) if result.get("suite") in ("everyday", "lines") else sections.accuracy(result)


_SECTIONS = (
    _Section(
        "A conversation",
        "Told to a fresh memory, turn by turn; the questions were asked afterwards, in this order.",
        "conversation",
        everyday.conversation,
        "No conversation was held for this report:",
        "memlora demo",
    ),
    _Section(
        "Accuracy, with baselines",
        "People, names and values never seen in training. Grey is what it is compared with; k/N, then the share and "
        "its 95 % interval.",
        "accuracy",
        _accuracy,
        "The evaluation was not run for this report:",
        "memlora eval BUNDLE --suite synthetic",
    ),
    _Section(
        "Parity",
        "The arbiter is ONNX Runtime without rounding of activations, which equals PyTorch on the dequantized base.",
        "parity",
        sections.parity,
        "The parity legs were not run for this report:",
        "memlora verify BUNDLE",
    ),
    _Section(
        "Latency",
        "One call is one operation from prompt to parsed output, on the machine that made this report.",
        "latency",
        sections.latency,
        "Latency was not measured for this report.",
    ),
    _Section(
        "Training of the experts",
        "Cross-entropy per target token; the weights of the best validation loss are kept.",
        "training",
        sections.training,
        "No training log was given: the experts were not trained by this run.",
    ),
    _Section(
        "Quantization error",
        "What int4 costs each matrix of the base. Experts are trained on the quantized base and so recover part of it.",
        "quantization",
        sections.quantization,
        "No quantization errors were given; they are written beside the base by:",
        "memlora quantize",
    ),
)


def write_report(bundle: Path, figures: Mapping[str, Any], path: Path | None = None) -> Path:
    """Writes the page to `path`, by default `report.html` in the bundle, and returns where.

    `figures` may hold `title`, `training` {operation: its `LogEntry`s} and, as plain JSON:
    `quantization` (the base's errors.json),
    `accuracy` (the result of `memlora eval --suite synthetic` or `everyday`, `--json`),
    `conversation` {turns, memories, questions}, as the demo holds one,
    `latency` [{operation, target, n, p50_ms, p95_ms, tokens_per_s}],
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
    held = {leg["operation"] for leg in figures.get("parity") or ()} or operations.names()
    diagram = markup('<div class="scroll">{}</div>', pipeline_diagram(held))
    shown = [{"heading": "How it works", "lead": "", "body": diagram}]
    for section in _SECTIONS:
        body = section.draw(figures[section.key]) if figures.get(section.key) else Markup("")
        shown.append({**vars(section), "body": body})
    shown.append({"heading": "Sizes", "lead": "Everything a phone has to hold.", "body": sections.sizes(files)})
    return render(
        "page.html",
        title=figures.get("title") or f"memlora bundle {bundle.name}",
        lead=_LEAD,
        tiles=_tiles(files, figures),
        sections=shown,
        hues=_hues(),
        footer="Written by memlora; nothing on this page is loaded from elsewhere.",
    )


def _hues() -> dict[str, int]:
    """By an operation's name the number of its colour in the page; other forms of it have its own."""
    works = [*operations.names(), *operations.pictured()]
    return {name: works.index(operations.get(name).work) % HUES for name in operations.all_names()}


def _tiles(files: Mapping[str, int], figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The figures one reads first."""
    tiles = [(sections.format_bytes(sum(files.values())), f"the whole bundle, {len(files)} files")]
    if "base.ptd" in files:
        tiles.append((sections.format_bytes(files["base.ptd"]), "the base, shared by all operations"))
    legs = figures.get("parity") or []
    if legs:
        tiles.append((f"{sum(leg['passed'] for leg in legs)} of {len(legs)}", "parity legs passed"))
    splits = (figures.get("accuracy") or {}).get("splits", {})
    for split, suite in list(splits.items())[:1]:
        for way, label in (("both", "answered"), ("turns", "answered from turns alone")):
            if way in suite.get("answers", {}):
                share = suite["answers"][way]["answered"]
                tiles.append((f"{share['k']}/{share['n']}", f"everyday questions {label} ({split})"))
        stages = suite.get("end_to_end", {})
        for name, label in (("none", "without experts"), ("experts", "with experts")):
            if name in stages:
                share = stages[name]["all"]
                tiles.append((f"{share['k']}/{share['n']}", f"questions answered {label} ({split})"))
    return tiles
