"""The rows of the table: who does each operation, and what an answer is made from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from evaluation.synthetic.stages import FACTS as FACTS
from evaluation.synthetic.stages import MEMORY as MEMORY
from evaluation.synthetic.stages import StageGenerator
from runtime_py import operations
from runtime_py.operations import generate, update
from runtime_py.operations.generator import Generated, Generator

ANSWER = generate.OPERATION.name
STAGES = (FACTS, MEMORY, ANSWER)
"""In the order in which experts are chosen on the validation conversation."""
Who = Literal["base", "expert", "shared", "add"]
Reads = Literal["facts", "turns", "both", "everything"]


@dataclass(frozen=True)
class Row:
    """`who` does each operation, by name, and `reads` is what an answer is made from; `why` is a line of the table."""

    name: str
    who: Mapping[str, Who]
    reads: Reads
    why: str

    @property
    def is_seeded(self) -> bool:
        """Whether a seed changes it: not where nothing was trained."""
        return set(self.who.values()) != {"base"}


def _who(default: Who, told: Mapping[str, Who] = MappingProxyType({})) -> dict[str, Who]:
    return {**dict.fromkeys(operations.names(), default), **told}


NONE, ALL, SHARED = "base + grammar", "all three experts", "one shared adapter"
ROWS = (
    Row(NONE, _who("base"), "facts", "no expert; the grammar keeps JSON valid"),
    Row(f"expert on {FACTS}", _who("base", {FACTS: "expert"}), "facts", "stage ablation"),
    Row(
        f"experts on {FACTS} and {MEMORY}",
        _who("expert", {ANSWER: "base"}),
        "facts",
        "stage ablation",
    ),
    Row(ALL, _who("expert"), "facts", "the paper's method"),
    Row(SHARED, _who("shared"), "facts", "one LoRA taught the rows of all three operations"),
    Row("add-only", _who("expert", {MEMORY: "add"}), "facts", "every new fact is added, update is never asked"),
    Row("raw turns", _who("expert"), "turns", "turns found by their own words, as many as memories are read"),
    Row("facts + turns", _who("expert"), "both", "half of each"),
    Row("full context", _who("expert"), "everything", "every turn that fits the context, the newest first"),
)


class AddOnly:
    """Adds every new fact and asks no model."""

    operations: Collection[str] = (MEMORY,)

    def run(self, _operation: str, given: Any) -> Generated:
        """As `Generator.run`."""
        return Generated(update.OPERATION.fallback(given))

    def fits(self, _operation: str, _given: Any) -> bool:
        """As `Generator.fits`."""
        return True


def generator_of(row: Row, models: Mapping[str, Mapping[str, Generator]]) -> StageGenerator:
    """The row's generator; `models` has a generator by who does it, and there by the operation's name."""
    adding = AddOnly()
    return StageGenerator({name: adding if who == "add" else models[who][name] for name, who in row.who.items()})
