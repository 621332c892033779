"""This project against other runtimes on one machine: same model, threads and token counts.

    python -m benchmarks.peers --shape smollm2-135m --threads 2 --out build/peers/result.json

Every peer runs in a process of its own; measurements take turns (peer A, peer B, ..., again), so that a busy machine
slows all alike. What was made and measured is kept: started again, the command goes on. A peer that cannot be installed
or run is in the result with the reason. `python -m benchmarks.peers_report RESULT` draws the tables and the plot.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import peer as peers
from benchmarks.client import Worker
from benchmarks.models import MODELS, default_peers, weights, write
from benchmarks.prepare import prepared
from evaluation.bench.bench import machine
from runtime_py import operations
from runtime_py.engines import DEFAULT
from runtime_py.files import write_json

_TARGETS = {"q,v adapter": "attention_qv", "all-linear adapter": "all_linear"}


def main() -> None:
    asked = _arguments()
    model = asked.folder / asked.shape
    files = model / f"group{asked.group_size}"
    write(asked.shape, model)
    turn = peers.operations_of(model)
    result = _start(asked, turn)
    for name in asked.peers:
        _say(f"prepare {name}")
        result["peers"][name] |= {"prepared": prepared(name, model, files / name, asked.group_size)}
    if asked.prepare_only:
        return
    able = [name for name in asked.peers if "error" not in result["peers"][name]["prepared"]]
    adapters = _adapters(turn, peers.is_measured_bare(model))
    opened = [*turn, *([None] if None in adapters.values() else [])]
    workers = [_open(name, model, files / name, asked.threads, result["peers"][name], opened) for name in able]
    running = [worker for worker in workers if worker.error is None]
    for worker in running:
        result["peers"][worker.name]["agreement"] = worker.ask("agreement", operations=turn)
    while result["repeats"] < asked.repeats + 1:
        _say(f"repeat {result['repeats']} of {asked.repeats}")
        found = _measure(running, asked, adapters, turn)
        if result["repeats"]:  # the first warms up
            for name, measured in found.items():
                _keep(result["peers"][name], measured)
        result["repeats"] += 1
        write_json(asked.out, result)
    for worker in running:
        result["peers"][worker.name]["memory"] = worker.ask("memory")
        worker.close()
    write_json(asked.out, result)
    _say(f"wrote {asked.out}")


def _adapters(turn: list[str], bare: bool) -> dict[str, str | None]:
    """Label of a measured speed -> the operation whose adapter is on; None for the model without one."""
    found: dict[str, str | None] = {"no adapter": None} if bare else {}
    for label, targets in _TARGETS.items():
        if of_kind := [name for name in turn if operations.get(name).lora_targets == targets]:
            found[label] = of_kind[0]
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=MODELS, default="qwen2.5-0.5b")
    parser.add_argument("--group-size", type=int, default=32, help="int4 weights that share a scale; llama.cpp has 32")
    parser.add_argument("--peers", nargs="+", choices=peers.names())
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=256, help="tokens fed at once")
    parser.add_argument("--steps", type=int, default=64, help="tokens decoded after them")
    parser.add_argument("--repeats", type=int, default=5, help="runs that count; one more warms up")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/peers"), help="where models and peers' files are kept"
    )
    parser.add_argument("--out", type=Path, default=Path("build/peers/result.json"))
    parser.add_argument("--prepare-only", action="store_true", help="make models and peers' files, measure nothing")
    asked = parser.parse_args()
    asked.peers = asked.peers or default_peers(asked.shape)
    return asked


def _start(asked: argparse.Namespace, turn: list[str]) -> dict[str, Any]:
    """The result so far, when it was asked for in the same way."""
    config = {key: getattr(asked, key) for key in ("shape", "group_size", "threads", "prompt", "steps")}
    config |= {"operations": turn, "weights": weights(asked.shape, asked.group_size)}
    about = machine(DEFAULT)
    about["versions"] |= {"memlora": version("memlora")}
    if asked.out.is_file():
        kept: dict[str, Any] = json.loads(asked.out.read_text("utf-8"))
        same = {key: about[key] for key in ("machine", "system", "versions")} | {"config": config, "peers": asked.peers}
        found = {key: kept[key] for key in same} | {"peers": list(kept["peers"])}
        if found == same:
            return kept
        sys.exit(f"{asked.out} holds another comparison: expected {same}, got {found}; name another --out")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    return {**about, "config": config, "repeats": 0, "peers": {name: {"runs": {}} for name in asked.peers}}


def _open(name: str, model: Path, files: Path, threads: int, row: dict[str, Any], opened: list[str | None]) -> Worker:
    """Start a peer and load its operations, one and then all, noting the memory after each."""
    _say(f"open {name}")
    worker = Worker(name, model, files, threads)
    if row["runs"] and row["version"] != worker.version:
        sys.exit(f"{name}: expected {row['version']}, of which runs are kept, got {worker.version}; name another --out")
    row["version"] = worker.version
    row["opened"] = {}
    if worker.error is not None:
        row["error"] = worker.error
        return worker
    for operation in opened:
        row["opened"][str(operation)] = worker.ask("open_operation", operation=operation)
    return worker


def _measure(
    workers: list[Worker], asked: argparse.Namespace, adapters: dict[str, str | None], turn: list[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Measurement -> answer, for each peer; every measurement is asked of all peers before the next one."""
    found: dict[str, dict[str, dict[str, Any]]] = {worker.name: {} for worker in workers}
    for label, operation in adapters.items():
        for worker in workers:
            found[worker.name][label] = worker.ask("speed", operation=operation, prompt=asked.prompt, steps=asked.steps)
    for worker in workers:
        found[worker.name]["switch"] = worker.ask("switch", operations=turn)
    for label, drafts in (("turn", False), ("turn with look-up", True)):
        for worker in workers:
            found[worker.name][label] = worker.ask("turn", operations=turn, drafts=drafts)
    return found


def _keep(row: dict[str, Any], measured: dict[str, dict[str, Any]]) -> None:
    for label, answer in measured.items():
        row["runs"].setdefault(label, []).append(answer)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
