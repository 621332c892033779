"""The base and its adapters as they lie on disk."""

from runtime_py.weights.adapter_file import read_adapter
from runtime_py.weights.adapter_slots import MEMBERS, SHARED, Matrix, Pair, stack, unstack
from runtime_py.weights.base import QuantizedBase
from runtime_py.weights.identity import identify
from runtime_py.weights.index import (
    FORMAT,
    INDEX,
    PLAIN_VERSION,
    VERSION,
    Int4Tensor,
    Int8Tensor,
    QuantizedTensor,
    RawTensor,
)

__all__ = [
    "FORMAT",
    "INDEX",
    "MEMBERS",
    "PLAIN_VERSION",
    "SHARED",
    "VERSION",
    "Int4Tensor",
    "Int8Tensor",
    "Matrix",
    "Pair",
    "QuantizedBase",
    "QuantizedTensor",
    "RawTensor",
    "identify",
    "read_adapter",
    "stack",
    "unstack",
]
