"""Every weight to the nearest step of its group's scale."""

from collections.abc import Iterator
from dataclasses import dataclass

from calibration.checkpoint import Checkpoint, check_finite
from calibration.int4 import Matrix, QuantizedRows, ScaleSearch, quantize_rows


@dataclass(frozen=True)
class Rounding:
    """Round to nearest; `search` says how a group's scale is found."""

    source: Checkpoint
    group_size: int
    search: ScaleSearch = "rtn"

    def quantized(self, name: str) -> Iterator[tuple[Matrix, QuantizedRows]]:
        """Rows and codes."""
        for rows in self.source.rows(name):
            check_finite(name, rows)
            yield rows, quantize_rows(rows, self.group_size, self.search)
