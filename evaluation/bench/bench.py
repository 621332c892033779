"""What a bundle costs on this machine: tokens a second, time to an answer, switching, memory, bytes on disk."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.bench.memory import resident_bytes
from evaluation.bench.script import Call, ScriptedOperation, turn_row
from runtime_py import engines, operations
from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT, Engine, Runtime
from runtime_py.errors import ConfigError, ContractError

Stage = Callable[[str], None]
_SWITCHES = 20


@dataclass(frozen=True)
class BenchConfig:
    """`prompt_tokens` are fed at once and `decode_tokens` one by one, `repeats` times each, operations in turn."""

    engine: str = DEFAULT
    threads: int = 0
    prompt_tokens: int = 256
    decode_tokens: int = 64
    repeats: int = 5


def measure_bundle(path: Path, config: BenchConfig, stage: Stage) -> dict[str, Any]:
    """The figures of the bundle in folder `path` as plain JSON values; `stage(text)` tells what is being measured.

    Figures of repeated runs are `{median, low, high, n}`. The first run of each kind is not counted. The turn's answers
    are given beforehand (see `bench_script`), so its figures do not depend on what the experts have learnt. Raises
    `BundleError`, `ConfigError` for an unknown engine, `MissingExtraError`.
    """
    started = time.perf_counter()
    bundle = Bundle.open(path)
    opened_s = time.perf_counter() - started
    _check(bundle, config)
    runtime = Runtime(config.threads)
    stage("open")
    held, opening = {}, {}
    experts: dict[str, Engine] = {}
    on_text = [name for name in bundle.operations if name not in operations.pictured()]  # pictures are measured apart
    for number, name in enumerate(on_text, 1):
        started = time.perf_counter()
        experts[name] = bundle.open_engine(name, config.engine, runtime=runtime)
        _feed_random(experts[name], 1)
        opening[name] = (time.perf_counter() - started) * 1e3
        held[str(number)] = resident_bytes()["now"]
    rows: dict[str, dict[str, Any]] = {name: {"open_ms": ms} for name, ms in opening.items()}
    stage("prefill and decode")
    for name, speeds in _throughput(experts, config).items():
        rows[name] |= speeds
    stage("a memory turn")
    sessions = {
        name: bundle.open_engine(name, config.engine, exact=True, runtime=runtime) for name in experts
    }  # as `Bundle.open_session` has them
    for name, calls in _turns(bundle, sessions, config.repeats).items():
        rows[name] |= calls
    stage("switch")
    switch = _switches(list(experts.values()))
    return {
        **machine(config.engine),
        "bundle": bundle.manifest.name,
        "model": bundle.manifest.model.__dict__,
        "engine": config.engine,
        "threads": config.threads or "as the runtime chooses",
        "prompt_tokens": config.prompt_tokens,
        "decode_tokens": config.decode_tokens,
        "check_ms": opened_s * 1e3,
        "operations": rows,
        "switch_ms": switch,
        "resident_bytes": {"by_open_operations": held, **resident_bytes()},
        "size_bytes": sizes(path),
    }


def _check(bundle: Bundle, config: BenchConfig) -> None:
    if min(config.prompt_tokens, config.decode_tokens, config.repeats) < 1:
        raise ConfigError(
            f"nothing to measure: expected 1 or more prompt tokens, decode tokens and repeats, got "
            f"{config.prompt_tokens}, {config.decode_tokens} and {config.repeats}; raise them"
        )
    context, wanted = bundle.manifest.model.context_length, config.prompt_tokens + config.decode_tokens
    if wanted > context:
        raise ConfigError(f"too many tokens: expected at most {context} to be held, got {wanted}; ask for fewer")


def machine(engine: str) -> dict[str, Any]:
    """Where and when: every figure says it."""
    return {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {cpu_name()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": {name: _version(name) for name in ("memlora", *engines.get(engine).packages)},
    }


def cpu_name() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8", "replace").split("\n") if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def sizes(path: Path) -> dict[str, int]:
    """Bytes on disk of a bundle by kind of file, and in all."""
    kinds = {".ptd": "base", ".onnx_adapter": "adapters", ".onnx": "graphs", ".pte": "programs"}
    found = dict.fromkeys(("base", "adapters", "graphs", "programs", "other"), 0)
    for file in path.rglob("*"):
        if file.is_file():
            found[kinds.get(file.suffix, "other")] += file.stat().st_size
    return found | {"total": sum(found.values())}


def spread(values: Sequence[float]) -> dict[str, Any]:
    """`{median, low, high, n}` of one or more values."""
    return {"median": float(np.median(values)), "low": min(values), "high": max(values), "n": len(values)}


def _throughput(experts: dict[str, Engine], config: BenchConfig) -> dict[str, dict[str, Any]]:
    speeds: dict[str, dict[str, list[float]]] = {name: {"prefill": [], "decode": []} for name in experts}
    for _ in range(config.repeats + 1):
        for name, engine in experts.items():
            engine.reset()
            speeds[name]["prefill"].append(config.prompt_tokens / _feed_random(engine, config.prompt_tokens))
            spent = sum(_feed_random(engine, 1) for _ in range(config.decode_tokens))
            speeds[name]["decode"].append(config.decode_tokens / spent)
    return {
        name: {f"{kind}_tokens_per_s": spread(values[1:]) for kind, values in both.items()}
        for name, both in speeds.items()
    }


def _turns(bundle: Bundle, experts: dict[str, Engine], repeats: int) -> dict[str, dict[str, Any]]:
    scripted = {name: ScriptedOperation(bundle, name, engine) for name, engine in experts.items()}
    texts = {name: _turn_text(bundle, name) for name in experts}
    calls: dict[str, list[Call]] = {name: [] for name in experts}
    for _ in range(repeats + 1):
        for name, expert in scripted.items():
            calls[name].append(expert.call(*texts[name]))
    return {
        name: {
            "turn": {key: getattr(made[-1], key) for key in ("prompt_tokens", "answer_tokens", "steps", "forced")},
            "first_token_ms": spread([call.first_token_ms for call in made[1:]]),
            "call_ms": spread([call.total_ms for call in made[1:]]),
        }
        for name, made in calls.items()
    }


def _turn_text(bundle: Bundle, name: str) -> tuple[Any, str]:
    """The turn's input and its answer's text, with as much of them as the operation's limits allow."""
    row, operation, prompt = turn_row(name), operations.get(name), bundle.prompt(name)
    given, answer = operation.read_input(row.input), operation.parse(row.target)
    while len(bundle.tokenizer.encode(operation.render_output(answer))) > prompt.max_new_tokens and answer:
        answer = answer[:-1]
    while len(bundle.tokenizer.encode(operation.render(given))) > prompt.max_input_tokens:
        given = _shorter(given)
    return given, operation.render_output(answer)


def _shorter(given: Any) -> Any:
    """Without the first of what it has most of: messages, memories, facts."""
    held = {field.name: getattr(given, field.name) for field in fields(given)}
    name = max((key for key, value in held.items() if isinstance(value, tuple)), key=lambda key: len(held[key]))
    if not held[name]:
        raise ContractError(
            "context too short: expected room for an empty operation, got less; this bundle cannot hold a memory"
        )
    return replace(given, **{name: held[name][1:]})


def _switches(experts: list[Engine]) -> dict[str, Any]:
    """What a step costs more right after another operation's step than after one of its own, milliseconds."""
    if len(experts) < 2:
        return {"p50": 0.0, "p95": 0.0, "n": 0}
    extra = []
    for number in range(_SWITCHES):
        one, other = experts[number % len(experts)], experts[(number + 1) % len(experts)]
        for engine in (one, other):
            engine.rewind(min(engine.length, engine.context_length // 2))
        _feed_random(one, 1)
        stay = _feed_random(one, 1)
        _feed_random(other, 1)
        extra.append((_feed_random(one, 1) - stay) * 1e3)
    p50, p95 = np.percentile(extra, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "n": len(extra)}


def _feed_random(engine: Engine, count: int) -> float:
    """Seconds for `count` tokens that depend on nothing but the place."""
    tokens = np.random.default_rng(engine.length).integers(0, engine.vocab_size, count).tolist()
    started = time.perf_counter()
    engine.feed(tokens)
    return time.perf_counter() - started


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
