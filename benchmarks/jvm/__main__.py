"""Memory turns of the Kotlin library, of Python and of java-llama.cpp, one after another on one machine.

    mvn -q -B -f android_demo/pom.xml -pl runner -am package -DskipTests
    mvn -q -B dependency:copy -Dartifact=de.kherud:llama:4.2.0 -DoutputDirectory=build/jvm
    python -m benchmarks.jvm BUNDLE --peer build/jvm/llama-4.2.0.jar --out build/jvm/result.json

A turn is an exchange that is remembered and a question that is answered, in a store that holds 10,000 memories before.
Kotlin and Python do the whole of it, java-llama.cpp what the experts were asked in it: the same prompts, and at most as
many tokens. Who is first changes from turn to turn.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gguf import GGMLQuantizationType
from tokenizers import Tokenizer

from benchmarks.jvm.figures import Turn, figures, total_ms
from benchmarks.jvm.talk import fill, turns
from benchmarks.jvm.workers import JavaLlama, Worker, kotlin, python
from benchmarks.made.gguf_files import write_adapter, write_model
from benchmarks.models import REAL, write
from benchmarks.peer.peer import operations_of
from evaluation.bench.bench import machine
from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT

# Q4_0 is repacked there, and its process ends where an adapter is put on that
PEERS = {"Q8_0": GGMLQuantizationType.Q8_0, "Q4_1": GGMLQuantizationType.Q4_1}


def main() -> None:
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle.open(asked.bundle)
    filled = asked.folder / f"filled-{asked.memories}-{bundle.sha256[:12]}.db"
    if not filled.is_file():
        _say(f"fill a store with {asked.memories} memories")
        fill(bundle, filled, asked.memories)
    peers = _peers(asked) if asked.peer else {}
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        own: dict[str, Worker] = {}
        for name, start in (("kotlin", kotlin), ("python", python)):
            store = shutil.copyfile(filled, Path(folder) / f"{name}.db")
            own[name] = start(asked.bundle, store, asked.folder / f"{name}.log")
        tokenizer = Tokenizer.from_file(str(asked.bundle / bundle.manifest.tokenizer.file))
        rows, failed = _run(own, peers, asked, tokenizer)
    result = {**machine(DEFAULT), "java": _java(), "load before": load, "load after": os.getloadavg()[0]}
    result |= {"memories": asked.memories, "warm-up": asked.warm_up, "turns": len(rows), "failed": failed}
    result["figures"] = figures(rows)
    asked.out.write_text(json.dumps({**result, "rows": rows}, indent=1), "utf-8")
    print(json.dumps(result, indent=1))


def _run(
    own: dict[str, Worker], peers: dict[str, JavaLlama], asked: argparse.Namespace, tokenizer: Tokenizer
) -> tuple[list[Turn], dict[str, str]]:
    """The turns that count, and why a peer could not do its part."""
    rows: list[Turn] = []
    failed: dict[str, str] = {}
    for number, turn in enumerate(islice(turns(), asked.warm_up + asked.turns)):
        line = json.dumps(turn.to_json())
        order = list(own) if number % 2 else list(reversed(own))
        done = {name: own[name].ask(line) for name in order}
        row = {name: done[name] for name in own}
        calls = row["kotlin"].pop("calls")
        for name in [name for name in peers if name not in failed]:
            try:
                row[name] = _asked(peers[name], calls, tokenizer)
            except RuntimeError as e:
                failed[name] = str(e)
        _say(f"{number}: " + ", ".join(f"{name} {total_ms(did):.0f} ms" for name, did in row.items()))
        if number >= asked.warm_up:
            rows.append(row)
    for worker in own.values():
        worker.close()
    for peer in peers.values():
        peer.close()
    return [{name: did for name, did in row.items() if name not in failed} for row in rows], failed


def _asked(peer: JavaLlama, calls: list[dict[str, Any]], tokenizer: Tokenizer) -> dict[str, float]:
    """What the experts were asked, asked of a peer; `same` counts texts like ours."""
    milliseconds, same = 0.0, 0
    for call in calls:
        prompt = str(tokenizer.decode(call["prompt"], skip_special_tokens=False))
        took, text = peer.ask(call["operation"], prompt, len(call["written"]) + 1)  # one more to see that it ends
        milliseconds += took
        same += text.strip() == tokenizer.decode(call["written"]).strip()
    return {"ms": milliseconds, "calls": len(calls), "same": same}


def _peers(asked: argparse.Namespace) -> dict[str, JavaLlama]:
    """java-llama.cpp in each of `PEERS`, its files made where they are not there."""
    model = asked.model
    write(REAL, model)
    adapters = {name: asked.folder / f"{name}.gguf" for name in operations_of(model)}
    for name, path in adapters.items():
        if not path.is_file():
            write_adapter(model / "adapters" / name, model / "checkpoint", path)
    found = {}
    for name, kind in PEERS.items():
        path = asked.folder / f"{name}.gguf"
        if not path.is_file():
            _say(f"write {path}")
            write_model(model / "checkpoint", path, kind)
        log = asked.folder / f"java-llama-{name}.log"
        found[f"java-llama.cpp {name}"] = JavaLlama(asked.peer, path, adapters, asked.threads, log)
    return found


def _java() -> str:
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    return told.splitlines()[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path, help="with select and generate of SmolLM2-135M")
    parser.add_argument("--memories", type=int, default=10_000, help="held before the first turn")
    parser.add_argument("--warm-up", type=int, default=24, help="turns that do not count: compilers work then")
    parser.add_argument("--turns", type=int, default=48, help="turns that count")
    parser.add_argument("--peer", default="", help="class path of java-llama.cpp, left out without it")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the peer; ours take all cores")
    parser.add_argument(
        "--model", type=Path, default=Path("build/peers") / REAL, help="the peers' checkpoint and experts"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/jvm"), help="where what is made is kept")
    parser.add_argument("--out", type=Path, default=Path("build/jvm/result.json"))
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
