"""Make one peer's files in a process of its own, so that its time and memory are its own.

python -m benchmarks.prepare PEER MODEL OUT GROUP_SIZE
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import peer as peers
from benchmarks.client import ending
from benchmarks.clock import STAGES
from runtime_py.files import sha256_file

RECORD, SIZE = "prepared.json", "size.json"


def prepared(name: str, model: Path, out: Path, group_size: int) -> dict[str, Any]:
    """`{seconds, peak_bytes, size_bytes}` of making the peer's files, or `{error}`.

    They are made once and kept in `out`; of another checkpoint or other experts they are made again.
    """
    record, made_from = out / RECORD, digest(model)
    if record.is_file():
        kept: dict[str, Any] = json.loads(record.read_text("utf-8"))
        if kept.get("made_from") == made_from:
            return kept
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    started = time.perf_counter()
    with (out.parent / f"{out.name}.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.prepare", name, str(model), str(out), str(group_size)],
            stdout=log,
            stderr=log,
        )
        _, status, usage = os.wait4(child.pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        last = (out.parent / f"{out.name}.log").read_text("utf-8", "replace").strip().splitlines()[-1:]
        return {"error": f"preparing {ending(code)}: {last[0][:300] if last else 'no word'}"}
    seconds = time.perf_counter() - started
    made: dict[str, Any] = {"made_from": made_from, "seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024}
    made |= json.loads((out / SIZE).read_text("utf-8"))
    if (out / STAGES).is_file():
        made["stages"] = json.loads((out / STAGES).read_text("utf-8"))
    record.write_text(json.dumps(made), "utf-8")
    return made


def digest(model: Path) -> str:
    """sha256 over the checkpoint and the experts of the model in folder `model`."""
    files = sorted(file for part in ("checkpoint", "adapters") for file in (model / part).rglob("*") if file.is_file())
    told = [[file.relative_to(model).as_posix(), sha256_file(file)] for file in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def main(name: str, model: str, out: str, group_size: str) -> None:
    peer = peers.load(name)
    peer.prepare(Path(model), Path(out), int(group_size))
    size = sum(file.stat().st_size for file in peer.shipped(Path(out)))
    (Path(out) / SIZE).write_text(json.dumps({"size_bytes": size}), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
