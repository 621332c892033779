"""Parity over thousands of greedy steps, on a dataset's own prompts.

    python -m benchmarks.parity_steps build/bundle --base build/base --adapters models/smollm2-135m/adapters \\
        --data build/written/datasets --steps 2000

The arbiter decodes each operation's validation rows, greedy, until it has taken its share of the steps; torch (eager,
on the dequantized base) and every runtime of the bundle are then asked for their best token at each of them. Judged by
the tolerances of the bundle's own legs. Prints JSON, a row for each operation and leg; exit code 1 where one fails.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from evaluation.bench.bench import cpu_name
from export.bundle import OperationSource, find_adapters
from export.parity.goldens import make_golden
from export.parity.runtimes import ARBITER, arbiter
from export.parity.torch import prove_torch
from runtime_py import operations
from runtime_py.bundle import Bundle
from runtime_py.engines import kinds, open_engine
from runtime_py.files import read_examples
from runtime_py.parity import Golden, LegResult, judge, replay_golden
from runtime_py.parts import Piece

AT_ONCE = 16


def main(given: Sequence[str] | None = None) -> int:
    """The exit code."""
    asked = _arguments(given)
    bundle = Bundle.open(asked.bundle)
    adapters = find_adapters(asked.adapters)
    share = -(-asked.steps // len(bundle.operations))
    results: list[LegResult] = []
    for name in bundle.operations:
        source = OperationSource(asked.base, adapters[name])
        golden = decode(bundle, name, source, asked.data / name / "validation.jsonl", share)
        results += prove_torch({name: source}, {name: golden})
        for kind in sorted(set(bundle.engine_files(name).programs) & set(kinds())):
            results.append(
                replay_golden(
                    name, kind, golden, bundle.open_proof_engine(name, kind), bundle.open_base_engine(name, kind)
                )
            )
    rows = judge(results)
    print(
        json.dumps({"machine": cpu_name(), "bundle": bundle.path.name, "legs": [_short(row) for row in rows]}, indent=1)
    )
    return 0 if all(row["passed"] for row in rows) else 1


def decode(bundle: Bundle, name: str, source: OperationSource, data: Path, steps: int) -> Golden:
    """The arbiter's greedy answers to the first rows of `data`, until they have `steps` steps together."""
    files, prompt = bundle.engine_files(name), bundle.prompt(name)
    made: Golden | None = None
    with arbiter(bundle, name, source) as graph:
        exact, shared = replace(files, programs={ARBITER: graph}, weights=bundle.path), dict[str, Any]()
        engines = open_engine(exact, ARBITER, True, shared), open_engine(exact, ARBITER, files.adapter is None, shared)
        rows = _prompts(bundle, name, data)
        while made is None or sum(map(len, made.tokens)) < steps:
            prompts = list(islice(rows, AT_ONCE))
            if not prompts:
                raise SystemExit(f"{data}: too few rows for {steps} steps; give fewer steps or more rows")
            golden = make_golden(*engines, prompts, set(prompt.stop_tokens), prompt.max_new_tokens)
            made = golden if made is None else _joined(made, golden)
    return made


def _prompts(bundle: Bundle, name: str, data: Path) -> Iterator[list[Piece]]:
    op, prompt = operations.get(name), bundle.prompt(name)
    for example in read_examples(data):
        pieces = prompt.encode(bundle.tokenizer, op.render(op.read_input(example.input)))
        if len(pieces) + prompt.max_new_tokens <= bundle.engine_files(name).context_length:
            yield pieces


def _joined(first: Golden, second: Golden) -> Golden:
    """Paths of both; the logits after a prompt are those of the first."""
    return replace(
        first,
        prompts=[*first.prompts, *second.prompts],
        tokens=[*first.tokens, *second.tokens],
        margins=[*first.margins, *second.margins],
    )


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: row[key] for key in ("operation", "leg", "passed", "steps", "equal_steps", "misses", "max_relative_error")
    }


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    for name in ("--base", "--adapters", "--data"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2000)
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
