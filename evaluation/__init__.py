"""Scores of a bundle on the synthetic suite, on written dialogues and on LoCoMo; numpy only, no torch."""

import runtime_py  # noqa: F401  # first: it silences the telemetry of what is imported next
from evaluation.figures.plots import plot_result
from evaluation.figures.tables import result_tables
from evaluation.suites import evaluate_everyday, evaluate_lines, evaluate_locomo, evaluate_synthetic

__all__ = [
    "evaluate_everyday",
    "evaluate_lines",
    "evaluate_locomo",
    "evaluate_synthetic",
    "plot_result",
    "result_tables",
]
