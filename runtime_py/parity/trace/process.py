"""A runner as a process: a line in, a line out, each within a deadline."""

import shlex
import subprocess
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Self

from runtime_py.errors import ConfigError
from runtime_py.parity.trace.answers import MalformedError

_MOST_BYTES = 256 << 20  # of a line
_GRACE_S = 30.0  # to end after its last answer


class RunnerProcess:
    """Starts `command` with the bundle's folder as its last word; what it says on stderr goes where ours does."""

    def __init__(self, command: str, bundle: Path, deadline_s: float, keep: Path | None = None) -> None:
        """Its answers go into the file `keep`, too. Raises `ConfigError` for a command that cannot be started."""
        self._deadline_s = deadline_s
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        try:
            words = [*shlex.split(command), str(bundle)]
            self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except (OSError, ValueError) as e:
            raise ConfigError(f"cannot start the runner: expected a command, got {command!r} ({e}); correct it") from e
        try:
            self._kept = _opened(keep) if keep else None
        except ConfigError:
            self._process.kill()
            self._process.wait()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin = self._process.stdin
        Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        if self._kept:
            self._kept.close()

    def send(self, line: str) -> None:
        """One request; one that has died says so when it is to answer."""
        try:
            self._stdin.write(line.encode())
            self._stdin.flush()
        except BrokenPipeError:
            return

    def receive(self) -> str:
        """The next line; raises `MalformedError` for none, for one that comes too late, and for no UTF-8."""
        try:
            line = self._lines.get(timeout=self._deadline_s)
        except Empty:
            raise MalformedError(f"expected an answer within {self._deadline_s:g} s, got none") from None
        if self._kept:
            self._kept.write(line)
            self._kept.flush()
        if not line.endswith(b"\n"):
            got = f"{len(line)} bytes of one" if line else "the end"
            raise MalformedError(f"expected an answer, got {got} (exit code {self._exit_code()})")
        try:
            return line.decode()
        except UnicodeDecodeError as e:
            raise MalformedError(f"expected UTF-8, got byte {line[e.start]:#04x}") from e

    def finish(self) -> None:
        """Tell it that nothing follows; raises `MalformedError` where it says more, stays, or ends with an error."""
        with suppress(BrokenPipeError):  # one that has ended already is told by what it said and by its exit code
            self._stdin.close()
        try:
            line = self._lines.get(timeout=_GRACE_S)
        except Empty:
            raise MalformedError(f"expected the runner to end within {_GRACE_S:g} s, got none") from None
        if line:
            raise MalformedError(f"expected the end, got {line[:60]!r}")
        if code := self._exit_code():
            raise MalformedError(f"expected the exit code 0, got {code}")

    def _exit_code(self) -> int | None:
        try:
            return self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return None


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as e:
        raise ConfigError(f"cannot write {path}: expected a place for the answers, got {e.strerror}; correct it") from e


def _read(stdout: IO[bytes], lines: "SimpleQueue[bytes]") -> None:
    """Lines with their line feed; at the end what is left of one, which may be nothing."""
    while (line := stdout.readline(_MOST_BYTES)).endswith(b"\n"):
        lines.put(line)
    lines.put(line)
