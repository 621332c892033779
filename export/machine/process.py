"""Work in a process of its own: what it took of memory goes back when it ends, and its libraries with it.

The process reads a function of some module and its arguments, pickled, and answers with what that gave or raised.
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Generic, ParamSpec, TypeVar

from export.machine.memory import SMALL_BASE_BYTES
from runtime_py.errors import ExportError, MemloraError

P = ParamSpec("P")
T = TypeVar("T")


class Apart(Generic[T]):
    """A call that runs in its own process from now on; `environment` is added to this process's."""

    def __init__(self, environment: Mapping[str, str], work: Callable[P, T], *given: P.args, **named: P.kwargs) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  read when the process ends
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=os.environ | environment,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # a process that has ended already: `result` says how
            self._process.stdin.write(pickle.dumps((work, given, named)))
            self._process.stdin.close()
        self._process.stdin = None  # communicate would write to it

    def result(self) -> T:
        """Waits for what the call gave; raises its `MemloraError`, or `ExportError` when the process broke off."""
        try:
            answer, _ = self._process.communicate()
        except BaseException:
            self.stop()
            raise
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip()
        self._said.close()
        if self._process.returncode:
            last = f" ({said.splitlines()[-1][:300]})" if said else ""
            raise ExportError(
                f"cannot go on: expected a process of this export to finish, it ended with {self._process.returncode}"
                f"{last}; is there enough memory?"
            )
        given: T | MemloraError = pickle.loads(answer)
        if isinstance(given, MemloraError):
            raise given
        return given

    def stop(self) -> None:
        """Ends the process, whatever it is doing; one that has ended is left alone."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        self._said.close()


def apart(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """`work(...)` in a process of its own, waited for."""
    return Apart({}, work, *given, **named).result()


def apart_when_large(base_bytes: int, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """`work(...)`, apart for a large base; for a small one libraries would take longer to load than the work."""
    if base_bytes <= SMALL_BASE_BYTES:
        return work(*given, **named)
    return apart(work, *given, **named)


def main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    work, given, named = pickle.load(sys.stdin.buffer)
    answer: Any
    try:
        answer = work(*given, **named)
    except MemloraError as e:
        answer = e
    with os.fdopen(answers, "wb") as out:
        pickle.dump(answer, out)
    sys.stderr.flush()
    os._exit(0)  # an NPU's compiler that refused a graph breaks off when it is unloaded, and would take the answer back


if __name__ == "__main__":
    main()
