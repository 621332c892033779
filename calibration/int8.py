"""Int8 with one scale a row: values are code * scale, the form that both runtimes' integer kernels read as it is."""

import numpy as np
import numpy.typing as npt

from calibration.int4 import SMALLEST_SCALE

LARGEST_CODE = 127


def quantize_rows(weights: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Codes `[n, K]` in -127..127 and float32 scales `[n, 1]` of `[n, K]` float32 rows, rounded to nearest."""
    scales = np.maximum(
        np.abs(weights).max(axis=1, keepdims=True) / np.float32(LARGEST_CODE), np.float32(SMALLEST_SCALE)
    )
    codes = np.clip(np.rint(weights / scales), -LARGEST_CODE, LARGEST_CODE).astype(np.int8)
    return codes, scales.astype(np.float32)
