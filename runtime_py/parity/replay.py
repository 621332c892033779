"""Replay a bundle's goldens on one engine and judge the result by the leg's tolerance."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runtime_py.engines.engine import Engine, Logits
from runtime_py.parity.comparator import LEGS, Comparison, StepAgreement, compare
from runtime_py.parity.golden import Golden
from runtime_py.parts import Piece

Stepped = Callable[[], None]


@dataclass(frozen=True)
class LegResult:
    """What one leg measured for one operation."""

    operation: str
    leg: str
    comparison: Comparison
    agreement: StepAgreement
    adapter_effect: float

    @property
    def rounding_noise(self) -> float:
        """How far apart rounding can move two logits: each by the largest error of any logit after a prompt."""
        return 2 * self.comparison.max_absolute_error

    @property
    def passed(self) -> bool:
        """Values within tolerance, an adapter whose effect exceeds rounding, steps, and misses that are near ties."""
        return (
            self.comparison.passed
            and self.adapter_effect > self.comparison.max_relative_error
            and self.agreement.steps > 0
            and all(miss.margin <= self.rounding_noise for miss in self.agreement.misses)
        )

    def to_json(self, enough_steps: bool) -> dict[str, Any]:
        """Plain figures, every miss included."""
        return {
            "operation": self.operation,
            "leg": self.leg,
            "passed": self.passed and enough_steps,
            "max_relative_error": self.comparison.max_relative_error,
            "rounding_noise": self.rounding_noise,
            "differences": [asdict(d) for d in self.comparison.differences],
            "steps": self.agreement.steps,
            "equal_steps": self.agreement.steps - len(self.agreement.misses),
            "misses": [asdict(m) for m in self.agreement.misses],
            "adapter_effect": self.adapter_effect,
        }


def judge(results: Sequence[LegResult], others: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """One row per result; the share of equal greedy steps counts over all operations of a leg, all else for each.

    One operation's golden may have a few hundred steps, where two near ties would already be half a percent. `others`
    are the rows of operations that were judged before.
    """
    total, equal = Counter[str](), Counter[str]()
    for result in results:
        total[result.leg] += result.agreement.steps
        equal[result.leg] += result.agreement.steps - len(result.agreement.misses)
    for row in others:
        total[row["leg"]] += row["steps"]
        equal[row["leg"]] += row["equal_steps"]
    enough = {leg: steps > 0 and equal[leg] / steps >= LEGS[leg].min_step_agreement for leg, steps in total.items()}
    return [result.to_json(enough[result.leg]) for result in results]


def greedy_choices(engine: Engine, prompt: Sequence[Piece], tokens: list[int]) -> tuple[list[int], Logits]:
    """The engine's greedy choices while it is fed the reference `tokens` one at a time, and the first logits."""
    engine.reset()
    first = engine.feed(prompt)
    choices = [int(np.argmax(first))]
    for token in tokens[:-1]:
        choices.append(int(np.argmax(engine.feed([token]))))
    return choices, first


def prompt_logits(engine: Engine, prompts: Sequence[Sequence[Piece]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Logits [m, V] after each prompt."""
    rows = []
    for prompt in prompts:
        engine.reset()
        rows.append(engine.feed(prompt))
    return np.stack(rows)


def replay_golden(
    operation: str, leg: str, golden: Golden, engine: Engine, base_engine: Engine | None, stepped: Stepped | None = None
) -> LegResult:
    """Replay `golden` on `engine`; `base_engine` runs without the adapter (None: this runtime ships no such program).

    The adapter's effect is the relative distance between the logits with and without it; where the runtime has no
    program without the adapter, the arbiter's logits stand in for it.
    """
    m = len(golden.logits_with)
    agreement = StepAgreement()
    after_prompts = []
    for index, (prompt, tokens) in enumerate(zip(golden.prompts, golden.tokens, strict=True)):
        choices, first = greedy_choices(engine, prompt, tokens)
        agreement.add(index, tokens, choices, golden.margins[index])
        after_prompts += [first] if index < m else []
        if stepped:
            stepped()
    with_adapter = np.stack(after_prompts)
    expected, actual = {"logits_with": golden.logits_with}, {"logits_with": with_adapter}
    without = golden.logits_without
    if base_engine is not None:
        without = prompt_logits(base_engine, golden.prompts[:m])
        expected["logits_without"], actual["logits_without"] = golden.logits_without, without
    effect = float(np.linalg.norm(with_adapter - without) / np.linalg.norm(without))
    return LegResult(operation, leg, compare(expected, actual, LEGS[leg].max_relative_error), agreement, effect)
