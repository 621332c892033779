"""What the suites ask of a model: run one operation on one input, with its expert or without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Output:
    """`text` as written, its number of `tokens`, and whether decoding came to a proper end."""

    text: str
    tokens: int
    valid: bool


class Runner(Protocol):
    """Runs an operation; `adapter` False is the base alone. `config` names the bundle's identity, for resuming."""

    @property
    def config(self) -> str: ...

    def run(self, operation: str, given: Mapping[str, Any], adapter: bool) -> Output: ...
