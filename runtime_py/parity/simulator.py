"""The leg of an NPU's simulator: every output of the same fixed-point graphs, on the CPU and on the simulator."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.bundle import Bundle
from runtime_py.engines import Runtime
from runtime_py.engines.qnn.engine import QnnEngine, open_engine
from runtime_py.engines.qnn.session import CPU
from runtime_py.engines.qnn.session import SIMULATOR as SIMULATED
from runtime_py.parity.comparator import Leg, relative_error

SIMULATOR = Leg(
    "simulator",
    0.03,
    0.995,
    "the same codes in and out, the sums between them by Hexagon's units, which round where float32 does not",
)


@dataclass(frozen=True)
class OutputDifference:
    """Over all calls, in steps of the output's grid: largest and mean; and the largest |a-b|2 / |b|2 of a call."""

    output: str
    largest: int
    mean: float
    relative: float


@dataclass(frozen=True)
class SimulatorResult:
    """Calls of one operation; `equal` of `steps` best tokens are the CPU's. Outputs are in the order of the layers."""

    operation: str
    steps: int
    equal: int
    outputs: tuple[OutputDifference, ...]

    @property
    def passed(self) -> bool:
        """Every output within its bound, and the share of equal tokens."""
        return not self.message

    @property
    def message(self) -> str:
        """What failed first, by layer; empty where nothing did."""
        for found in self.outputs:
            if found.relative > SIMULATOR.max_relative_error:
                return (
                    f"{self.operation}: first over its limit is {found.output}: expected a relative error of at most "
                    f"{SIMULATOR.max_relative_error:g}, got {found.relative:.3g}"
                )
        if self.equal < SIMULATOR.min_step_agreement * self.steps:
            return f"{self.operation}: expected the CPU's tokens, got {self.equal} of {self.steps}"
        return ""

    def to_json(self) -> dict[str, Any]:
        """Plain figures."""
        return {
            "operation": self.operation,
            "leg": SIMULATOR.name,
            "passed": self.passed,
            "steps": self.steps,
            "equal_steps": self.equal,
            "outputs": [asdict(found) for found in self.outputs],
        }


def compare_operation(bundle: Bundle, operation: str, prompt: Sequence[int], steps: int) -> SimulatorResult:
    """As `compare_places`, with the operation's adapter."""
    engines = [open_engine(bundle.engine_files(operation), runtime=Runtime(device=place)) for place in (CPU, SIMULATED)]
    return compare_places(operation, engines[0], engines[1], prompt, steps)


def compare_places(
    operation: str, cpu: QnnEngine, simulator: QnnEngine, prompt: Sequence[int], steps: int
) -> SimulatorResult:
    """Feeds the last chunk of `prompt`, then `steps` tokens that the CPU chooses, to both.

    Before the chunk stands the first token, where it is kept: what follows rests on it.
    """
    past = min(engine.begin(prompt[0]) for engine in (cpu, simulator))
    tokens = list(prompt[past:][-cpu.window.largest :])
    equal, calls = 0, []
    for _ in range(steps + 1):
        outputs = [engine.window.call(tokens, past, len(tokens) - 1) for engine in (cpu, simulator)]
        calls.append((outputs[0], outputs[1]))
        best = [int(np.argmax(given["logits"])) for given in outputs]
        equal += best[0] == best[1]
        past, tokens = past + len(tokens), [best[0]]
    return SimulatorResult(operation, steps + 1, equal, tuple(_differences(cpu, calls)))


def _differences(
    engine: QnnEngine, calls: Sequence[tuple[Mapping[str, NDArray[Any]], Mapping[str, NDArray[Any]]]]
) -> list[OutputDifference]:
    """Keys and values layer by layer, then the logits."""
    found = []
    for name in sorted(calls[0][0], key=lambda output: (output == "logits", _layer(output), output)):
        grid = engine.window.grids[name]
        pairs = [(expected[name], got[name]) for expected, got in calls]
        apart = np.concatenate([np.abs(a.astype(np.int64) - b).ravel() for a, b in pairs])
        relative = max(relative_error(grid.decode(a), grid.decode(b)) for a, b in pairs)
        found.append(OutputDifference(name, int(apart.max()), float(apart.mean()), relative))
    return found


def _layer(output: str) -> int:
    parts = output.split(".")
    return int(parts[1]) if len(parts) > 1 else 0
