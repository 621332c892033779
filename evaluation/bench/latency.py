"""Milliseconds of one call, from rendered prompt to text, for each operation on each runtime of a bundle."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.vision.pictures import picture_rows
from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.engines import kinds
from runtime_py.errors import MissingExtraError, UnavailableError
from runtime_py.files import read_examples

CALLS = 20


def measure(path: Path, datasets: Path, split: str, calls: int = CALLS) -> list[dict[str, Any]]:
    """Rows {operation, target, n, p50_ms, p95_ms, tokens_per_s} over the first `calls` rows of each operation that has
    a dataset.

    `tokens_per_s` is of the answers' tokens, over the whole calls, reading the prompts included.
    Runtimes take turns row by row, so that a busy machine slows all of them alike; the first row, which fills the
    prompt's kept prefix, is not counted. A runtime that is not installed is left out. A call
    about a picture encodes it, as if it were seen for the first time.
    """
    bundle = Bundle.open(path)
    figures = []
    for name in (name for name in bundle.operations if (datasets / name).is_dir()):
        rows = read_examples(datasets / name / f"{split}.jsonl", calls + 1)
        operation = operations.get(name)
        inputs = [operation.read_input(row.input) for row in rows]
        spent: dict[str, list[float]] = {}
        tokens: dict[str, list[int]] = {}
        pictures = picture_rows(bundle, datasets / name, kept=0) if operation.picture else None
        experts = {kind: Experts(bundle, kind, pictures=pictures) for kind in _shipped(bundle, name)}
        for given, kind in ((given, kind) for given in inputs for kind in experts):
            started = time.perf_counter()
            text, _ = experts[kind].complete(name, given)
            spent.setdefault(kind, []).append((time.perf_counter() - started) * 1e3)
            tokens.setdefault(kind, []).append(len(bundle.tokenizer.encode(text)))
        for kind, values in spent.items():
            p50, p95 = np.percentile(values[1:], [50, 95])
            row = {"operation": name, "target": kind, "n": len(values) - 1, "p50_ms": float(p50), "p95_ms": float(p95)}
            figures.append({**row, "tokens_per_s": 1e3 * sum(tokens[kind][1:]) / sum(values[1:])})
    return figures


def _shipped(bundle: Bundle, name: str) -> list[str]:
    """The runtimes that the bundle ships the operation for and that are installed."""
    found = []
    for kind in kinds():
        if kind not in bundle.engine_files(name).programs:
            continue
        try:
            bundle.open_engine(name, kind)
        except (MissingExtraError, UnavailableError):
            continue
        found.append(kind)
    return found
