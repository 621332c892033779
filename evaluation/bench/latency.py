"""Milliseconds of one call, from rendered prompt to text, for each operation on each runtime of a bundle."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.engines import kinds
from runtime_py.errors import MissingExtraError
from runtime_py.files import read_examples

CALLS = 20


def measure(path: Path, datasets: Path, split: str, calls: int = CALLS) -> list[dict[str, Any]]:
    """Rows {operation, target, n, p50_ms, p95_ms} over the first `calls` rows of each operation.

    Runtimes take turns row by row, so that a busy machine slows all of them alike; the first row, which fills the
    prompt's kept prefix, is not counted. A runtime that is not installed is left out.
    """
    bundle = Bundle.open(path)
    figures = []
    for name in bundle.operations:
        rows = read_examples(datasets / name / f"{split}.jsonl", calls + 1)
        operation = operations.get(name)
        inputs = [operation.read_input(row.input) for row in rows]
        spent: dict[str, list[float]] = {}
        experts = {kind: Experts(bundle, kind) for kind in _shipped(bundle, name)}
        for given, kind in ((given, kind) for given in inputs for kind in experts):
            started = time.perf_counter()
            experts[kind].complete(name, given)
            spent.setdefault(kind, []).append((time.perf_counter() - started) * 1e3)
        for kind, values in spent.items():
            p50, p95 = np.percentile(values[1:], [50, 95])
            figures.append(
                {"operation": name, "target": kind, "n": len(values) - 1, "p50_ms": float(p50), "p95_ms": float(p95)}
            )
    return figures


def _shipped(bundle: Bundle, name: str) -> list[str]:
    """The runtimes that the bundle ships the operation for and that are installed."""
    found = []
    for kind in kinds():
        if kind not in bundle.engine_files(name).programs:
            continue
        try:
            bundle.open_engine(name, kind)
        except MissingExtraError:
            continue
        found.append(kind)
    return found
