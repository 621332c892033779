"""The per-operation suite: each expert, and the base alone, on gold rows never seen in training."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.figures.intervals import Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.synthetic.runner import Output, Runner
from evaluation.synthetic.scorers import Summary as Summary
from evaluation.synthetic.scorers import scorer
from runtime_py import operations
from runtime_py.files import Example, read_examples
from runtime_py.operations import UnparsableError

MODELS = {"experts": True, "base": False}
Advance = Callable[[str], None]


def judge(operation: str, row: Example, output: Output) -> dict[str, Any]:
    """Verdicts of one output; text that cannot be parsed becomes the operation's fallback and is not valid."""
    asked = operations.get(operation)
    try:
        predicted, valid = asked.parse(output.text), True
    except UnparsableError:
        predicted, valid = asked.fallback(asked.read_input(row.input)), False
    return {**scorer(operation).judge(predicted, row), "valid": valid, **asdict(output)}


def summarise(operation: str, results: Sequence[Mapping[str, Any]]) -> Summary:
    """The figures of one operation and model."""
    valid = "valid JSON" if operations.get(operation).schema else "valid text"
    return {
        valid: Share.of([r["valid"] for r in results]),
        **scorer(operation).summarise(results),
        "cut by the token limit": Share.of([r["is_cut"] for r in results]),
    }


def evaluate_operations(
    runner: Runner,
    datasets: Path,
    split: str,
    journal_folder: Path,
    names: Sequence[str] | None = None,
    models: Sequence[str] = ("experts", "base"),
    limit: int | None = None,
    advance: Advance = lambda _what: None,
) -> dict[str, dict[str, Summary]]:
    """Figures by operation (None: every one that has a dataset) and model; what the journal has is not made again.

    Raises:
        ConfigError: data or journal that cannot be used.
    """
    figures: dict[str, dict[str, Summary]] = {}
    for name in operations.taught() if names is None else names:
        data = datasets / name / f"{split}.jsonl"
        rows = read_examples(data, limit)
        made_from = fingerprint(runner.config, data)
        with Journal(journal_folder / f"operations-{split}-{name}.jsonl", made_from) as journal:
            for model in models:
                for row in rows:
                    key = f"{model}/{row.id}"
                    if key not in journal:
                        started = time.perf_counter()
                        output = runner.run(name, row.input, MODELS[model])
                        taken = 1000 * (time.perf_counter() - started)
                        journal.add(key, {**judge(name, row, output), "ms": round(taken, 2)})
                    advance(f"{name}, {model}")
            results = {model: [journal[f"{model}/{row.id}"] for row in rows] for model in models}
        figures[name] = {model: summarise(name, results[model]) for model in models}
    return figures
