"""The per-operation suite: each expert, and the base alone, on gold rows never seen in training."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.figures.intervals import Ratio, Share
from evaluation.figures.journal import Journal, fingerprint
from evaluation.synthetic.runner import Output, Runner
from evaluation.synthetic.scores import answers_match, match_events, match_facts
from runtime_py import operations
from runtime_py.files import Example, read_examples
from runtime_py.operations import UnparsableError

MODELS = {"experts": True, "base": False}
Advance = Callable[[str], None]
Summary = dict[str, Share | Ratio]


def _judge_extract(predicted: Any, row: Example) -> dict[str, Any]:
    return asdict(match_facts(predicted, operations.get("extract").parse(row.target)))


def _judge_update(predicted: Any, row: Example) -> dict[str, Any]:
    hits = match_events(predicted, operations.get("update").parse(row.target))
    return {**asdict(hits), "exact": hits.exact}


def _judge_generate(predicted: Any, row: Example) -> dict[str, Any]:
    kind = row.kind or "value"
    return {"exact": answers_match(predicted, row.target, kind), "kind": kind}


def _sum_extract(results: Sequence[Mapping[str, Any]]) -> Summary:
    hits = tuple(2.0 * r["hits"] for r in results)
    return {
        "fact F1": Ratio(hits, tuple(float(r["predicted"] + r["gold"]) for r in results)),
        "facts found": Share(sum(r["hits"] for r in results), sum(r["gold"] for r in results)),
        "facts right": Share(sum(r["hits"] for r in results), sum(r["predicted"] for r in results)),
        "all facts exact": Share.of([r["hits"] == r["predicted"] == r["gold"] for r in results]),
    }


def _sum_update(results: Sequence[Mapping[str, Any]]) -> Summary:
    return {
        "event and id": Share(sum(r["events"] for r in results), sum(r["gold"] for r in results)),
        "update text exact": Share(sum(r["texts"] for r in results), sum(r["texts_gold"] for r in results)),
        "rows nobody asked for": Share(sum(r["extra"] for r in results), sum(r["predicted"] for r in results)),
        "whole update exact": Share.of([r["exact"] for r in results]),
    }


def _sum_generate(results: Sequence[Mapping[str, Any]]) -> Summary:
    kinds = sorted({r["kind"] for r in results})
    by_kind: Summary = {
        f"exact, {kind}": Share.of([r["exact"] for r in results if r["kind"] == kind]) for kind in kinds
    }
    return {"exact": Share.of([r["exact"] for r in results]), **by_kind}


_JUDGES: dict[str, Callable[[Any, Example], dict[str, Any]]] = {
    "extract": _judge_extract,
    "update": _judge_update,
    "generate": _judge_generate,
}
_SUMS: dict[str, Callable[[Sequence[Mapping[str, Any]]], Summary]] = {
    "extract": _sum_extract,
    "update": _sum_update,
    "generate": _sum_generate,
}


def judge(operation: str, row: Example, output: Output) -> dict[str, Any]:
    """Verdicts of one output; text that cannot be parsed becomes the operation's fallback and is not valid."""
    parts = operations.get(operation)
    try:
        predicted, valid = parts.parse(output.text), True
    except UnparsableError:
        predicted, valid = parts.fallback(parts.read_input(row.input)), False
    return {**_JUDGES[operation](predicted, row), "valid": valid, **asdict(output)}


def summarise(operation: str, results: Sequence[Mapping[str, Any]]) -> Summary:
    """The figures of one operation and model."""
    valid = "valid JSON" if operations.get(operation).schema else "valid text"
    return {
        valid: Share.of([r["valid"] for r in results]),
        **_SUMS[operation](results),
        "cut by the token limit": Share.of([r["is_cut"] for r in results]),
    }


def evaluate_operations(
    runner: Runner,
    datasets: Path,
    split: str,
    journal_folder: Path,
    names: Sequence[str] = ("extract", "update", "generate"),
    models: Sequence[str] = ("experts", "base"),
    limit: int | None = None,
    advance: Advance = lambda _what: None,
) -> dict[str, dict[str, Summary]]:
    """Figures by operation and model; results already in the journal are not made again.

    Raises:
        ConfigError: data or journal that cannot be used.
    """
    figures: dict[str, dict[str, Summary]] = {}
    for name in names:
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
