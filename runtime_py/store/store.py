"""The memory store: users, sessions, raw turns, memories, history, provenance, words, photos, in one SQLite file."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from runtime_py.errors import StoreError
from runtime_py.store.faults import Fault, faults_of
from runtime_py.store.file import Embedder
from runtime_py.store.opening import explained
from runtime_py.store.photos import PhotoTables


class Store(PhotoTables):
    """What is remembered. Every change is one transaction, or part of the one around it."""

    def __init__(
        self,
        path: Path,
        embedder: Embedder | None,
        timeout_s: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(path, embedder, timeout_s, clock)
        self.finish_erasing()

    def check(self) -> list[Fault]:
        """What is wrong with the store; empty when nothing is. Reads all of it while others wait to write.

        For a store that may not even open, call `runtime_py.store.check_store(path)`.
        """
        with self.writing():
            return faults_of(self)

    def backup(self, path: Path) -> None:
        """Write a copy of the store as it is now to the new file `path`, for its owner alone; others may go on writing.

        Raises `StoreError` where there is a file already or it cannot be written. A copy holds what the store
        held: forgetting does not reach it.
        """
        path = Path(path)
        if path.exists() or not path.parent.is_dir():
            got = "a file that is there" if path.exists() else "a folder that does not exist"
            raise StoreError(f"cannot copy the store to {path}: expected a new file, got {got}; name another")
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            with self._turn(), explained(path):
                os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                self._connection.execute("VACUUM INTO ?", (str(partial),))
                os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def check_store(path: Path, timeout_s: float = 30.0) -> list[Fault]:
    """What is wrong with the store at `path`, also when it does not open; an older one is migrated first.

    Raises `StoreError` when something else than the file is at fault, a lock or missing rights, and where no file is.
    """
    if not path.is_file():
        raise StoreError(f"no store {path}: expected a file, got none; name another")
    try:
        with Store(path, None, timeout_s) as store:
            return store.check()
    except StoreError as e:
        if e.reason is None:
            raise
        return [Fault(e.reason, str(e))]
