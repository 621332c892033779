"""The processes that are asked for turns, one at a time."""

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.client import ending

_JAVA = Path(__file__).with_name("JavaLlama.java")
_RUNNER = Path(__file__).parents[2] / "android_demo" / "runner" / "target"


class Worker:
    """A process that answers a line with a line of JSON; its other output goes to the file `log`."""

    def __init__(self, words: Sequence[str | Path], log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )

    def ask(self, line: str) -> dict[str, Any]:
        """The answer; raises `RuntimeError` with what it said last where the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # the answer below says how it ended
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        told = self._process.stdout.readline()
        try:
            answer: dict[str, Any] = json.loads(told)
        except ValueError as e:  # nothing, or what a JVM says on stdout when it crashes
            said = told + self._process.stdout.read() or self._log.read_text("utf-8", "replace")
            words = " ".join(said.replace("#", " ").split())
            raise RuntimeError(f"its process {ending(self._process.wait())}: {words[-200:] or 'no word'}") from e
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=60)


def kotlin(bundle: Path, store: Path, log: Path) -> Worker:
    """The library on a JVM, as `mvn package` left it in the runner's folder."""
    classes = f"{_RUNNER / 'memlora-runner.jar'}:{_RUNNER / 'test-classes'}"
    return Worker(["java", "-cp", classes, "org.memlora.runner.Turns", bundle, store], log)


def python(bundle: Path, store: Path, log: Path) -> Worker:
    """The library in Python."""
    return Worker([sys.executable, "-m", "benchmarks.jvm.python_turns", bundle, store], log)


class JavaLlama:
    """java-llama.cpp over GGUF files of the same weights and experts; `adapters` are files by operation."""

    def __init__(self, jars: str, model: Path, adapters: dict[str, Path], threads: int, log: Path) -> None:
        grammars = Path(__file__).parents[1] / "peer" / "grammars"
        own = log.with_suffix("")  # each unpacks its natives, over those of another that runs if they lay together
        own.mkdir(exist_ok=True)
        flags = [f"-XX:ErrorFile={own / 'crash.txt'}", f"-Djava.io.tmpdir={own}"]
        words: list[str | Path] = ["java", *flags, "-cp", jars, _JAVA, model, str(threads)]
        for name, adapter in adapters.items():
            grammar = grammars / f"{name}.gbnf"
            words.append(f"{name}={adapter}={grammar}" if grammar.is_file() else f"{name}={adapter}")
        self._worker = Worker(words, log)
        self.close = self._worker.close

    def ask(self, operation: str, prompt: str, written: int) -> tuple[float, str]:
        """Milliseconds, and the text of at most `written` tokens."""
        told = base64.b64encode(prompt.encode()).decode()
        answer = self._worker.ask(f"{operation} {written} {told}")
        return answer["ms"], base64.b64decode(answer["text"]).decode("utf-8", "replace")
