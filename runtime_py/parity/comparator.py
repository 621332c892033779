"""The comparator that judges every runtime, and the one table of tolerances.

A leg compares two runtimes on the same inputs. `compare` looks at ALL outputs: count and names, shape, dtype, finite,
then values. `compare_steps` replays a golden's tokens one by one and compares the greedy choice at each step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Leg:
    """One comparison: bounds on |a-b|2 / |b|2 of each output and on the share of equal greedy steps."""

    name: str
    max_relative_error: float
    min_step_agreement: float
    reason: str


LEGS = {
    leg.name: leg
    for leg in (
        Leg(
            "torch_arbiter",
            1e-4,
            1.0,
            "float32 on both sides, other order of summation: Hugging Face eager on the dequantized base against "
            "ONNX Runtime at accuracy_level 0",
        ),
        Leg(
            "onnx",
            0.05,
            0.995,
            "MatMulNBits at accuracy_level 4 rounds activations to int8 per block",
        ),
        Leg(
            "executorch",
            0.05,
            0.995,
            "XNNPACK 8da4w rounds activations to int8 per token",
        ),
        Leg(
            "qnn",
            0.1,
            0.99,
            "16-bit activations and weights of 8 bits a column, both on grids that do not follow the input",
        ),
        Leg(
            "vision",
            0.01,
            1.0,
            "rows of pictures: matrices of tower and projector are stored as float16 and computed in float32",
        ),
    )
}
RUNNER = Leg(
    "runner",
    1e-3,
    1.0,
    "the same programs of one bundle on both sides, Python's runtime against another one: the kernels are the same, so "
    "that bits are; another version of them may add up in another order",
)
"""Another runtime of a kind, which `memlora parity` judges."""
PROCESSOR = Leg(
    "processor",
    0.05,
    1.0,
    "as `runner`, on a processor of another kind: its int4 kernel rounds activations to int8 in another order (the "
    "embedded base's logits, x86 against arm64: up to 0.03)",
)
"""The steps of a runtime on another processor; vectors, scores and tokens are held to what `RUNNER` says."""


@dataclass(frozen=True)
class Difference:
    """One output that differs: `stage` is the first check that failed."""

    output: str
    stage: str
    message: str


@dataclass(frozen=True)
class Comparison:
    """All differences, and the largest errors over the outputs that could be compared.

    `max_relative_error` is of a whole output, |a-b|2 / |b|2, `max_absolute_error` of one number.
    """

    differences: tuple[Difference, ...]
    max_relative_error: float
    max_absolute_error: float

    @property
    def passed(self) -> bool:
        return not self.differences


def relative_error(expected: Array, actual: Array) -> float:
    """|actual - expected|2 / |expected|2 in float64; 0 for two empty or all-zero arrays."""
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    distance, scale = float(np.linalg.norm(a - b)), float(np.linalg.norm(b))
    if distance == 0.0:
        return 0.0
    return distance / scale if scale else float("inf")


def compare(expected: Mapping[str, Array], actual: Mapping[str, Array], max_relative_error: float) -> Comparison:
    """Compare every output of two runs; nothing is skipped because an earlier output was equal."""
    differences: list[Difference] = []
    relative, absolute = 0.0, 0.0
    for name in sorted(set(expected) ^ set(actual)):
        where = "missing" if name in expected else "unexpected"
        differences.append(Difference(name, "names", f"output {name!r} is {where}"))
    for name in sorted(set(expected) & set(actual)):
        want, got = np.asarray(expected[name]), np.asarray(actual[name])
        if want.shape != got.shape:
            differences.append(Difference(name, "shape", f"{name}: expected shape {want.shape}, got {got.shape}"))
        elif want.dtype != got.dtype:
            differences.append(Difference(name, "dtype", f"{name}: expected {want.dtype}, got {got.dtype}"))
        elif not (np.isfinite(want).all() and np.isfinite(got).all()):
            differences.append(Difference(name, "finite", f"{name}: expected finite values, got NaN or infinity"))
        else:
            error = relative_error(want, got)
            relative = max(relative, error)
            absolute = max(absolute, float(np.abs(want.astype(np.float64) - got.astype(np.float64)).max(initial=0.0)))
            if error > max_relative_error:
                message = f"{name}: expected a relative error of at most {max_relative_error:g}, got {error:.3g}"
                differences.append(Difference(name, "values", message))
    return Comparison(tuple(differences), relative, absolute)


@dataclass(frozen=True)
class Miss:
    """A step where the greedy choice differs; `margin` is the arbiter's logit gap between its best two tokens."""

    prompt: int
    step: int
    expected: int
    got: int
    margin: float


@dataclass
class StepAgreement:
    """Greedy steps compared so far and every miss among them."""

    steps: int = 0
    misses: list[Miss] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of equal steps; 0 when nothing was compared, so an empty replay cannot pass."""
        return (self.steps - len(self.misses)) / self.steps if self.steps else 0.0

    def add(self, prompt: int, tokens: Sequence[int], choices: Sequence[int], margins: Sequence[float]) -> None:
        """Compare one prompt's `choices` with its reference `tokens`, step by step."""
        if not len(tokens) == len(choices) == len(margins):
            raise ValueError(f"expected equal lengths, got {len(tokens)}, {len(choices)}, {len(margins)}")
        self.steps += len(tokens)
        for step, (want, got, margin) in enumerate(zip(tokens, choices, margins, strict=True)):
            if want != got:
                self.misses.append(Miss(prompt, step, int(want), int(got), float(margin)))
