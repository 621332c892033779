"""Activation ranges for NPUs: what the values of a graph reach on an operation's own rows."""

from calibration.activations.measure import Measured, Source, measure_ranges
from calibration.activations.plot import plot_ranges
from calibration.activations.rows import read_rows

__all__ = ["Measured", "Source", "measure_ranges", "plot_ranges", "read_rows"]
