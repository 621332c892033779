"""What became of a comparison with another runtime."""

from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

from runtime_py.parity.comparator import RUNNER, Leg

_SHOWN = 20


class Verdict(IntEnum):
    """From the best to the worst; a comparison has the worst of what was found."""

    PASS = 0
    DRIFT = 1
    """Every token equal, a logit, a score or a vector further off than the leg's tolerance."""
    MEMORY_DIVERGED = 2
    """Every token equal, and an event, an answer or a row of the store is another one: rules or the store differ."""
    TOKEN_DIVERGED = 3
    STALE = 4
    """Answers about another bundle, to other requests, or of another version of the protocol."""
    MALFORMED = 5
    """Lines that do not answer the requests: missing, doubled, out of order, broken, late, at odds with themselves."""

    @property
    def exit_code(self) -> int:
        """0 fine, 1 the runtimes disagree, 2 there is nothing to compare."""
        return 0 if self is Verdict.PASS else 2 if self >= Verdict.STALE else 1


@dataclass(frozen=True)
class Finding:
    """One difference: in the answer to which request, and what was expected and got."""

    verdict: Verdict
    request: int
    message: str


@dataclass
class Report:
    """Findings in order, and what was compared: tokens that experts wrote, steps with logits, rows of the store."""

    runtime: str = ""
    leg: Leg = RUNNER
    """What the logits of steps are judged by."""
    requests: int = 0
    calls: int = 0
    tokens: int = 0
    equal_tokens: int = 0
    steps: int = 0
    equal_steps: int = 0
    """Steps whose logits are equal to the last bit."""
    max_relative_error: float = 0.0
    rows: int = 0
    equal_rows: int = 0
    found: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The worst finding's; nothing compared is no pass."""
        return max((finding.verdict for finding in self.found), default=Verdict.PASS)

    def add(self, verdict: Verdict, request: int, message: str) -> None:
        """One more finding."""
        self.found.append(Finding(verdict, request, message))

    def to_json(self) -> dict[str, Any]:
        """Plain figures, `verdict` by its name, the first findings and how many there are."""
        row = {**asdict(self), "leg": self.leg.name, "verdict": self.verdict.name, "findings": len(self.found)}
        row["found"] = [{**asdict(finding), "verdict": finding.verdict.name} for finding in self.found[:_SHOWN]]
        return row
