"""Replay a bundle's goldens on one engine and judge the result by the leg's tolerance."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runtime_py.engines.engine import Engine
from runtime_py.golden import Golden
from runtime_py.parity import LEGS, Comparison, StepAgreement, compare

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
    def values_passed(self) -> bool:
        """Values within tolerance, and an adapter that changes the logits more than rounding does."""
        return self.comparison.passed and self.adapter_effect > self.comparison.max_relative_error

    def to_json(self, steps_passed: bool) -> dict[str, Any]:
        """Plain figures, every miss included."""
        return {
            "operation": self.operation,
            "leg": self.leg,
            "passed": self.values_passed and steps_passed,
            "max_relative_error": self.comparison.max_relative_error,
            "differences": [asdict(d) for d in self.comparison.differences],
            "steps": self.agreement.steps,
            "equal_steps": self.agreement.steps - len(self.agreement.misses),
            "misses": [asdict(m) for m in self.agreement.misses],
            "adapter_effect": self.adapter_effect,
        }


def judge(results: Sequence[LegResult]) -> list[dict[str, Any]]:
    """One row per result; values are judged for each operation, greedy steps over all operations of a leg together.

    One operation's golden may have a few hundred steps, where two near ties would already be half a percent.
    """
    total, equal = Counter[str](), Counter[str]()
    for result in results:
        total[result.leg] += result.agreement.steps
        equal[result.leg] += result.agreement.steps - len(result.agreement.misses)
    enough = {leg: steps > 0 and equal[leg] / steps >= LEGS[leg].min_step_agreement for leg, steps in total.items()}
    return [result.to_json(result.agreement.steps > 0 and enough[result.leg]) for result in results]


def greedy_choices(engine: Engine, prompt: list[int], tokens: list[int]) -> list[int]:
    """The engine's greedy choice at each step while it is fed the reference `tokens`, one at a time."""
    engine.reset()
    logits = engine.feed(prompt)
    choices = [int(np.argmax(logits))]
    for token in tokens[:-1]:
        choices.append(int(np.argmax(engine.feed([token]))))
    return choices


def prompt_logits(engine: Engine, prompts: list[list[int]]) -> np.ndarray[Any, np.dtype[np.float32]]:
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
    with_adapter = prompt_logits(engine, golden.prompts[:m])
    expected, actual = {"logits_with": golden.logits_with}, {"logits_with": with_adapter}
    without = golden.logits_without
    if base_engine is not None:
        without = prompt_logits(base_engine, golden.prompts[:m])
        expected["logits_without"], actual["logits_without"] = golden.logits_without, without
    agreement = StepAgreement()
    for index, (prompt, tokens) in enumerate(zip(golden.prompts, golden.tokens, strict=True)):
        agreement.add(index, tokens, greedy_choices(engine, prompt, tokens), golden.margins[index])
        if stepped:
            stepped()
    effect = float(np.linalg.norm(with_adapter - without) / np.linalg.norm(without))
    return LegResult(operation, leg, compare(expected, actual, LEGS[leg].max_relative_error), agreement, effect)
