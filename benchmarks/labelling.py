"""Labelling against a teacher that counts: `python -m benchmarks.labelling --out FOLDER [--kills 20]`.

1. `local`: one process, unbroken. 2. `ray`: two workers, killed (SIGKILL) at random moments, a worker or the driver,
and started again. Both must leave the same bytes, with no prompt unanswered; what was sent twice is counted.
3. One worker on Ray and two, where the teacher is what they wait for. Prints JSON; exit code 1 where something differs.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from benchmarks.made.talks import talks
from runtime_py.dialogues import write_dialogues

EXCHANGES_A_DIALOGUE = 20
WANTED_GAIN = 1.8


class Endpoint:
    """The fake teacher in a process of its own."""

    def __init__(self, speed: float, trouble: float, replays: bool = False) -> None:
        words = ["-m", "benchmarks.made.teacher", "--port", "0", "--speed", str(speed), "--trouble", str(trouble)]
        words += ["--replays"] if replays else []
        self._process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def call(self, path: str) -> dict[str, Any]:
        """`stats`, or `reset`, which forgets them."""
        request = urllib.request.Request(
            self.url.removesuffix("/v1") + f"/{path}", method="POST" if path == "reset" else "GET"
        )
        told: dict[str, Any] = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))
        return told

    def close(self) -> None:
        """Ends the process; its processor seconds."""
        self._process.kill()
        self._process.wait()


def command(file: Path, url: str, out: Path, asked: argparse.Namespace, *more: str) -> list[str]:
    """The command line of a run."""
    words = [sys.executable, "-m", "memlora_cli.main", "label", str(file), "--teacher", url, "--teacher-model", "fake"]
    return [*words, "--out", str(out), "--concurrency", str(asked.concurrency), "--json", *more]


def on_ray(workers: int) -> tuple[str, ...]:
    """Options."""
    return ("--on", "ray", "--workers", str(workers))


def run(words: list[str], endpoint: Endpoint) -> dict[str, Any]:
    """A whole run: what it says, what the teacher counted, seconds by the clock and of the processor."""
    endpoint.call("reset")
    before, begin = os.times(), time.monotonic()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    counts = endpoint.call("stats")
    return {
        "made": json.loads(done.stdout),
        "teacher": counts,
        "seconds": round(time.monotonic() - begin, 1),
        "processor_seconds": round(spent, 1),
    }


def killed_run(words: list[str], endpoint: Endpoint, calls: int, kills: int, seed: int) -> dict[str, Any]:
    """A run that is killed whenever the teacher has answered a random number of prompts."""
    rng = random.Random(seed)
    moments = sorted(rng.sample(range(calls // 100, calls - calls // 100), kills))
    told: dict[str, list[int]] = {"driver": [], "worker": []}
    endpoint.call("reset")
    begin, process = time.monotonic(), start(words)
    for moment in moments:
        while endpoint.call("stats")["answered"] < moment and process.poll() is None:
            time.sleep(0.02)
        if process.poll() is not None:
            break
        victim = rng.choice(list(told))
        if victim == "worker" and (workers := ray_workers(process.pid)):
            rng.choice(workers).send_signal(signal.SIGKILL)
        else:
            victim = "driver"
            process.send_signal(signal.SIGKILL)
            process.communicate()
            process = start(words)
        told[victim].append(moment)
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"the killed run ended with {process.returncode}")
    counts = endpoint.call("stats")
    return {
        "killed_at_answers": told,
        "made": json.loads(out),
        "teacher": counts,
        "seconds": round(time.monotonic() - begin, 1),
    }


def start(words: list[str]) -> "subprocess.Popen[str]":
    """Begins a run."""
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def ray_workers(driver: int) -> list[psutil.Process]:
    """Processes below `driver` that label at this moment."""
    below = psutil.Process(driver).children(recursive=True)
    return [process for process in below if "RayWorker" in " ".join(_command_line(process))]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words


def digest(out: Path) -> str:
    """The sha256 of the names and bytes of all that a run left."""
    total = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.suffix != ".lock":
            total.update(f"{path.relative_to(out)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def compare(asked: argparse.Namespace) -> dict[str, Any]:
    """Steps 1 and 2."""
    file = asked.out / "dialogues.jsonl"
    write_dialogues(file, talks(asked.exchanges // EXCHANGES_A_DIALOGUE, EXCHANGES_A_DIALOGUE))
    endpoint = Endpoint(asked.speed, asked.trouble, asked.replays)
    try:
        local = run(command(file, endpoint.url, asked.out / "local", asked), endpoint)
        words = command(file, endpoint.url, asked.out / "ray", asked, *on_ray(2))
        killed = killed_run(words, endpoint, local["teacher"]["answered"], asked.kills, asked.seed)
    finally:
        endpoint.close()
    digests = {name: digest(asked.out / name) for name in ("local", "ray")}
    same = digests["local"] == digests["ray"]
    return {"local": local, "ray": killed, "sha256": digests, "same": same}


def gain(asked: argparse.Namespace) -> dict[str, Any]:
    """Step 3: seconds from the first prompt to the last answer of each phase, so without the start of a cluster."""
    file = asked.out / "few.jsonl"
    write_dialogues(file, talks(asked.few // EXCHANGES_A_DIALOGUE, EXCHANGES_A_DIALOGUE))
    endpoint = Endpoint(asked.slow, 0.0)
    try:
        runs = {
            workers: run(command(file, endpoint.url, asked.out / f"few{workers}", asked, *on_ray(workers)), endpoint)
            for workers in (1, 2)
        }
    finally:
        endpoint.close()
    return {
        "exchanges": asked.few,
        "runs": runs,
        "gain": round(runs[1]["teacher"]["seconds"] / runs[2]["teacher"]["seconds"], 3),
        "gain_with_start": round(runs[1]["seconds"] / runs[2]["seconds"], 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exchanges", type=int, default=20_000)
    parser.add_argument("--few", type=int, default=2_000, help="exchanges of step 3; 0 leaves it out")
    parser.add_argument("--kills", type=int, default=20, help="0 leaves steps 1 and 2 out")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--speed", type=float, default=20.0, help="the latency is divided by it in steps 1 and 2")
    parser.add_argument("--slow", type=float, default=4.0, help="and by this in step 3")
    parser.add_argument("--trouble", type=float, default=0.02, help="share of prompts with trouble in steps 1 and 2")
    parser.add_argument("--replays", action="store_true", help="the teacher honours Idempotency-Key")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True)
    told: dict[str, Any] = {"options": {name: str(value) for name, value in vars(asked).items() if name != "out"}}
    if asked.kills:
        told["compare"] = compare(asked)
    if asked.few:
        told["gain"] = gain(asked)
    print(json.dumps(told, indent=1))
    good = told.get("compare", {}).get("same", True) and told.get("gain", {}).get("gain", WANTED_GAIN) >= WANTED_GAIN
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
