"""Whether ONNX Runtime adds products of unsigned and signed bytes exactly on this processor, without being told to."""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort

PROBE = Path(__file__).with_name("sums.onnx")
"""uint8 `a` `[M, 8]` times 127 in int8 `[8, 16]` to int32 `[M, 16]`."""


@cache
def are_sums_exact() -> bool:
    """Whether the largest products come out right, of a single row and of several; tried once.

    x86 without VNNI adds pairs of products in 16 bits, which they run over. There `session.x64quantprecision` helps,
    at half the speed; with VNNI ONNX Runtime 1.30 and later are as slow with it for nothing.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(PROBE, options, providers=["CPUExecutionProvider"])
    for count in (1, 17):
        rows = np.full((count, 8), 255, np.uint8)
        if not np.array_equal(session.run(None, {"a": rows})[0], np.full((count, 16), 8 * 255 * 127, np.int32)):
            return False
    return True
