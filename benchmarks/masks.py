"""What choosing a token costs beside the model, grammar included: `python -m benchmarks.masks BUNDLE`.

Walks each constrained operation's grammar with logits drawn from a seed: once with the best token made legal, as a
trained model has it, and once left as drawn, where it almost never is. Prints JSON: microseconds a token, median and
95th percentile, by operation.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.bench.bench import cpu_name
from runtime_py.bundle import Bundle
from runtime_py.decoding import Grammar, choose

STEPS, LIMIT = 400, 200


def main() -> None:
    bundle = Bundle.open(Path(sys.argv[1]))
    result: dict[str, Any] = {"date": date.today().isoformat(), "machine": cpu_name(), "numpy": np.__version__}
    for name in bundle.operations:
        grammar = bundle.grammar(name)
        if grammar is not None:
            prompt = bundle.prompt(name)
            result[name] = {
                "vocabulary": bundle.manifest.model.vocab_size,
                "legal": measure(grammar, bundle.manifest.model.vocab_size, list(prompt.stop_tokens), legal=True),
                "as drawn": measure(grammar, bundle.manifest.model.vocab_size, list(prompt.stop_tokens), legal=False),
            }
    print(json.dumps(result, indent=1))


def measure(grammar: Grammar, vocabulary: int, stop: list[int], legal: bool) -> dict[str, float]:
    """Microseconds a choice."""
    random, taken, state, left = np.random.default_rng(0), [], grammar.start, LIMIT
    for _ in range(STEPS):
        logits: NDArray[np.float32] = random.standard_normal(vocabulary, dtype=np.float32)
        if legal:
            logits[random.choice(np.flatnonzero(grammar.mask(state, left)))] = 100
        started = time.perf_counter()
        token, _ = choose(logits, grammar, state, left, stop)
        taken.append(1e6 * (time.perf_counter() - started))
        ended = token is None or grammar.ends(grammar.advance(state, token)) or left == 1
        state, left = (grammar.start, LIMIT) if ended or token is None else (grammar.advance(state, token), left - 1)
    return {"p50_us": round(float(np.median(taken)), 1), "p95_us": round(float(np.percentile(taken, 95)), 1)}


if __name__ == "__main__":
    main()
