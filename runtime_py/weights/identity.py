"""What tells trained adapters apart: their numbers, wherever they are read from."""

import hashlib
from collections.abc import Mapping

import numpy as np

from runtime_py.weights.adapter_slots import Pair


def identify(pairs: Mapping[str, Pair]) -> str:
    """Hex sha256 of modules with their A and B as float32; no pairs stand for the base alone."""
    digest = hashlib.sha256()
    for module, sides in sorted(pairs.items()):
        for values in sides:
            digest.update(f"{module} {values.shape}".encode() + np.ascontiguousarray(values, np.float32).tobytes())
    return digest.hexdigest()
