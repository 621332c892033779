"""A peer in a process of its own: a JSON object a line in, one out.

    python -m benchmarks.worker PEER MODEL OUT THREADS

`{"do": NAME, ...}` asks for a measurement of `MEASURES`; the answer is `{"value": ..., "faults": {...}}` or `{"error":
sentence}`. Faults are the pages that the system had taken from the process, or not given yet, while it was waiting.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peer as peers
from benchmarks.peer import Peer
from evaluation.bench.memory import resident_bytes

_SWITCHES = 60


def open_operation(peer: Peer, operation: str | None) -> dict[str, Any]:
    """Load an operation and feed one token; seconds, and bytes of memory held afterwards."""
    started = time.perf_counter()
    peer.open(operation)
    peer.select(operation)
    peer.rewind(0)
    peer.feed([1])
    return {"seconds": time.perf_counter() - started, "resident_bytes": resident_bytes()["now"]}


def speed(peer: Peer, operation: str | None, prompt: int, steps: int) -> dict[str, float]:
    """Tokens a second of a prompt of random tokens, and of steps of one token after it."""
    tokens = np.random.default_rng(prompt).integers(3, 1000, prompt + steps).tolist()
    peer.select(operation)
    peer.rewind(0)
    started = time.perf_counter()
    peer.choose(peer.feed(tokens[:prompt]), tokens[prompt])
    prefilled = time.perf_counter()
    for token in tokens[prompt:]:
        peer.choose(peer.feed([token]), token)
    ended = time.perf_counter()
    peer.rewind(0)
    return {"prefill_tokens_per_s": prompt / (prefilled - started), "decode_tokens_per_s": steps / (ended - prefilled)}


def switch(peer: Peer, operations: list[str]) -> dict[str, list[float]]:
    """Milliseconds of a step right after a step of another operation, and of two steps after one of its own."""
    switched, stayed, again = [], [], []
    for operation in operations:
        peer.select(operation)
        peer.rewind(0)
        peer.feed([1])
    for number in range(_SWITCHES):
        started = time.perf_counter()
        peer.select(operations[number % len(operations)])
        peer.feed([2])
        middle = time.perf_counter()
        peer.feed([2])
        switched.append((middle - started) * 1e3)
        ended = time.perf_counter()
        stayed.append((ended - middle) * 1e3)
        peer.feed([2])
        again.append((time.perf_counter() - ended) * 1e3)
    return {"switched_ms": switched, "stayed_ms": stayed, "again_ms": again}


def turn(peer: Peer, operations: list[str], drafts: bool) -> dict[str, Any]:
    """The operations one after another, answers given, as often as the turn's file has them; the means of one call."""
    if drafts and not peer.drafts:
        raise NotImplementedError("it has no drafts by look-up")
    for operation in operations:
        peer.prime(operation)
    calls: dict[str, list[dict[str, Any]]] = {operation: [] for operation in operations}
    for number in range(max(peer.count(operation) for operation in operations)):
        for operation in operations:
            if number < peer.count(operation):
                calls[operation].append(peer.call(operation, number, drafts).to_json())
    for operation in operations:
        peer.select(operation)
        peer.rewind(0)
    return {name: {key: float(np.mean([c[key] for c in made])) for key in made[0]} for name, made in calls.items()}


def agreement(peer: Peer, operations: list[str]) -> dict[str, tuple[int, int]]:
    """How many tokens of the answers each operation would have chosen by itself, and of how many."""
    return {operation: peer.agreement(operation) for operation in operations}


def memory(peer: Peer) -> dict[str, int]:
    """Bytes that the process holds now and held at most."""
    return resident_bytes()


MEASURES: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (open_operation, agreement, speed, switch, turn, memory)
}


def answer(peer: Peer, line: str) -> dict[str, Any]:
    """What a request line is answered with; a peer's failure is its answer, in one line."""
    request = json.loads(line)
    measure = MEASURES[request.pop("do")]
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        value = measure(peer, **request)
    except Exception as e:  # noqa: BLE001 - whatever a peer raises is its result
        return {"error": describe(e)}
    after = resource.getrusage(resource.RUSAGE_SELF)
    faults = {"from_disk": after.ru_majflt - before.ru_majflt, "others": after.ru_minflt - before.ru_minflt}
    return {"value": value, "faults": faults}


def describe(error: BaseException) -> str:
    """An exception as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def main(name: str, model: str, out: str, threads: str) -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # runtimes print to stdout
    try:
        kind = peers.load(name)
        peer = kind(Path(model), Path(out), int(threads))
    except Exception as e:  # noqa: BLE001
        replies.write(json.dumps({"error": describe(e)}) + "\n")
        return
    replies.write(json.dumps({"value": {"version": kind.version}}) + "\n")
    for line in sys.stdin:
        replies.write(json.dumps(answer(peer, line)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
