"""Several structures are lowered at once, each in a process of its own: lowering takes minutes of one core.

A process reads a structure as JSON from its standard input and leaves the template in the cache.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict

from export.targets.executorch_program.link import Structure, lower_template
from export.templates import get_template
from runtime_py.errors import ExportError, MemloraError

_REFUSED = 3  # with a sentence; everything else is not our own doing


def lower_side_by_side(structures: Iterable[Structure], at_once: int) -> None:
    """Lowers every structure into the cache, `at_once` at a time.

    A process gives its memory back, which one that lowers again and again does not.

    Raises `ExportError` with the sentence of the first process that fails.
    """
    waiting, running = list(structures), list["subprocess.Popen[str]"]()
    while waiting or running:
        while waiting and len(running) < at_once:
            running.append(_start(waiting.pop(0)))
        process = running.pop(0)
        _, said = process.communicate()
        if process.returncode:
            for other in running:
                other.kill()
                other.wait()
            raise ExportError(_sentence(process.returncode, said))


def _sentence(code: int, said: str) -> str:
    if code == _REFUSED:
        return said.strip().splitlines()[-1]
    return (
        f"cannot lower: expected the process beside this one to end with a template, it ended with {code}; "
        "is there enough memory?"
    )


def _start(structure: Structure) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(structure)))
    process.stdin.close()
    process.stdin = None  # communicate would write to it
    return process


def main() -> None:
    structure = Structure(**json.load(sys.stdin))
    try:
        get_template(structure.key, lambda: lower_template(structure))
    except MemloraError as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(_REFUSED)


if __name__ == "__main__":
    main()
