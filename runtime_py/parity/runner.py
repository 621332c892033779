"""Python as a runner: `python -m runtime_py.parity.runner BUNDLE` answers each line on stdin with one on stdout."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime_py.bundle import Bundle
from runtime_py.engines import DEFAULT
from runtime_py.errors import MemloraError
from runtime_py.parity.trace.performer import Performer
from runtime_py.parity.trace.requests import to_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer every request; the exit code, 2 for a bundle or a request that is refused."""
    parser = argparse.ArgumentParser(prog="runtime_py.parity.runner", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--engine", default=DEFAULT)
    given = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="memlora-runner-") as folder:
            performer = Performer(Bundle.open(given.bundle), Path(folder) / "store.db", given.engine)
            try:
                for line in sys.stdin.buffer:
                    sys.stdout.buffer.write(to_line(performer.respond(json.loads(line))).encode())
                    sys.stdout.buffer.flush()
            finally:
                performer.close()
    except MemloraError as e:
        sys.stderr.write(f"{e}\n")
        return e.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
