"""The base and its adapters as they lie on disk."""

from runtime_py.weights.adapter_file import read_adapter
from runtime_py.weights.adapter_slots import MEMBERS, SHARED, Matrix, Pair, stack, unstack
from runtime_py.weights.base import FORMAT, INDEX, VERSION, Int4Tensor, QuantizedBase, RawTensor

__all__ = [
    "FORMAT",
    "INDEX",
    "MEMBERS",
    "SHARED",
    "VERSION",
    "Int4Tensor",
    "Matrix",
    "Pair",
    "QuantizedBase",
    "RawTensor",
    "read_adapter",
    "stack",
    "unstack",
]
