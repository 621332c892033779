"""A private memory that speaks everyday English: `memlora.open(bundle).add("I moved to Zwolle", user_id="tom")`.

Everything public is named here. Nothing in it reaches the network.
"""

from memlora.asynchronous import AsyncAnswerStream, AsyncMemory
from memlora.memory import Memory, open
from runtime_py.errors import (
    BundleError,
    ConfigError,
    ContractError,
    ImageError,
    MemloraError,
    MissingExtraError,
    StoreError,
)
from runtime_py.memory import Answer, AnswerStream

__all__ = [
    "Answer",
    "AnswerStream",
    "AsyncAnswerStream",
    "AsyncMemory",
    "BundleError",
    "ConfigError",
    "ContractError",
    "ImageError",
    "MemloraError",
    "Memory",
    "MissingExtraError",
    "StoreError",
    "open",
]
