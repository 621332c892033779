"""Scores of a bundle on the synthetic suite and on LoCoMo; numpy only, no torch."""

from evaluation.plots import plot_result
from evaluation.suites import evaluate_locomo, evaluate_synthetic
from evaluation.tables import result_tables

__all__ = ["evaluate_locomo", "evaluate_synthetic", "plot_result", "result_tables"]
