"""The other end of `benchmarks.worker`: a peer's process, asked one thing at a time."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


class Worker:
    """A running peer; `version` is what it says of itself, `error` why it does not run."""

    def __init__(self, name: str, model: Path, out: Path, threads: int) -> None:
        self.name = name
        log = (out.parent / f"{out.name}.worker.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name, str(model), str(out), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        first = self._read()
        self.error: str | None = first.get("error")
        self.version: str = first.get("value", {}).get("version", "")

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """`{"value": ...}` or `{"error": ...}`; a process that has ended answers with an error too."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"error": "its process had ended"}
        return self._read()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # what a dead process was still to read
            self._process.stdin.close()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            return {"error": f"its process {ending(self._process.wait())}"}
        reply: dict[str, Any] = json.loads(line)
        return reply


def ending(code: int) -> str:
    """How a process ended: what killed it, or its exit code."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
