"""What the suites ask of a model: run one operation on one input, with its expert or without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from runtime_py import operations
from runtime_py.bundle import Bundle, Experts
from runtime_py.bundle.experts import Pictures
from runtime_py.engines import DEFAULT


@dataclass(frozen=True)
class Output:
    """`text` as written, its number of `tokens`, and whether the token limit ended it."""

    text: str
    tokens: int
    is_cut: bool


class Runner(Protocol):
    """Runs an operation; `adapter` False is the base alone. `config` names what is run, so that results never mix."""

    @property
    def config(self) -> str: ...

    def run(self, operation: str, given: Mapping[str, Any], adapter: bool) -> Output: ...


class BundleRunner:
    """The experts of a bundle, and its base alone, on one runtime."""

    def __init__(self, bundle: Bundle, kind: str = DEFAULT, pictures: Pictures | None = None, shown: str = "") -> None:
        """`pictures` gives the rows of the pictures that inputs name, where an operation reads them; `shown` is their
        hash."""
        self.config = f"{bundle.sha256} {kind} {shown}".rstrip()
        self._bundle = bundle
        self._experts = {adapter: Experts(bundle, kind, adapter, pictures=pictures) for adapter in (True, False)}

    def run(self, operation: str, given: Mapping[str, Any], adapter: bool) -> Output:
        """As `Runner.run`; an input that is too long for the model gives no text, which counts as a miss."""
        parts, experts = operations.get(operation), self._experts[adapter]
        read = parts.read_input(given)
        if not experts.fits(operation, read):
            return Output("", 0, is_cut=False)
        text, is_cut = experts.complete(operation, read)
        return Output(text, len(self._bundle.tokenizer.encode(text)), is_cut)
