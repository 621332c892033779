"""Answers by what decides them, in 256 sorted shards; while they come, in parts that are only ever appended to.

    shards/3f.jsonl      every answer whose key begins with 3f, sorted by key; written beside its place and renamed
    parts/<batch>.jsonl  answers of one batch in the order in which they came; a torn last line counts for nothing

A key is the sha256 of model, prompt and parameters, so the shards are the same bytes whoever made them in which order.
"""

import fcntl
import hashlib
import json
import mmap
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from distill.teachers.teacher import TeacherError
from runtime_py.errors import ConfigError
from runtime_py.files import write_file_atomic

_KEY = slice(8, 72)  # of a line: {"key":"<64 hex digits>",..
_HEX = b"0123456789abcdef"
LONGEST_WAIT_S = 120.0


def key_of(request: Mapping[str, Any]) -> str:
    """The sha256 of a request's canonical JSON."""
    canonical = json.dumps(dict(request), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "backslashreplace")).hexdigest()


class Shards:
    """The finished answers in a folder. An open one sees the shards as they were when it first looked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, mmap.mmap | None] = {}

    def get(self, key: str) -> str | None:
        """The text, None where there is none yet."""
        bucket = key[:2]
        if bucket not in self._open:
            self._open[bucket] = _map(self._path(bucket))
        data = self._open[bucket]
        line = _find(data, key.encode()) if data is not None else None
        return None if line is None else str(json.loads(line)["text"])

    def close(self) -> None:
        """Lets go of the files, so that the next look sees what came since."""
        for data in self._open.values():
            if data is not None:
                data.close()
        self._open = {}

    def waiting(self) -> set[str]:
        """Keys of the answers that lie in parts."""
        return {line[_KEY].decode() for path in self._parts() for line in _whole_lines(path)}

    def seal(self) -> None:
        """Moves the answers of all parts into the shards. Killed in between, it is done again and changes nothing more.

        Waits for workers of a run that was killed. Raises `TeacherError` where there is no place.
        """
        self.close()
        if not self.folder.is_dir():
            return
        with hold(self.folder / "workers.lock", fcntl.LOCK_EX, "its workers have ended"):
            parts = self._parts()
            try:
                for digit in _HEX if parts else ():  # a sixteenth at a time is held in memory
                    self._seal_some(parts, digit)
            except OSError as e:
                raise no_place(self.folder, e) from e
            for path in parts:
                path.unlink()

    def _seal_some(self, parts: list[Path], digit: int) -> None:
        found: dict[str, dict[bytes, bytes]] = {}
        for path in parts:
            for line in _whole_lines(path, digit):
                found.setdefault(line[8:10].decode(), {}).setdefault(line[_KEY], line)
        for bucket, lines in sorted(found.items()):
            path = self._path(bucket)
            old = {line[_KEY]: line for line in _whole_lines(path)} if path.is_file() else {}
            merged = {**lines, **old}
            if merged.keys() != old.keys():
                write_file_atomic(path, b"".join(merged[key] for key in sorted(merged)), mode=0o600)

    def _parts(self) -> list[Path]:
        return sorted((self.folder / "parts").glob("*.jsonl"))

    def _path(self, bucket: str) -> Path:
        return self.folder / "shards" / f"{bucket}.jsonl"


class Part:
    """The answers of one batch, each on the disk before it counts as answered."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._path = folder, folder / "parts" / f"{name}.jsonl"
        self._texts: dict[str, str] = {}
        self._lock = hold(folder / "workers.lock", fcntl.LOCK_SH, "the answers before are put in order")

    def __enter__(self) -> Self:
        self._lock.__enter__()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError as e:
            self._lock.__exit__(None, None, None)
            raise no_place(self._folder, e) from e
        for line in _whole_lines(self._path):
            self._texts[line[_KEY].decode()] = json.loads(line)["text"]
        if (size := os.fstat(self._descriptor).st_size) and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # ends what a power cut tore
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)
        self._lock.__exit__(kind, error, at)

    def get(self, key: str) -> str | None:
        """The text that an earlier attempt at this batch got."""
        return self._texts.get(key)

    def put(self, key: str, text: str) -> None:
        """Keeps an answer; returns when it is on the disk. Raises `TeacherError` where there is no place."""
        line = f"{json.dumps({'key': key, 'text': text}, ensure_ascii=False, separators=(',', ':'))}\n".encode()
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError("the disk took half a line")
            os.fdatasync(self._descriptor)
        except OSError as e:
            raise no_place(self._folder, e) from e
        self._texts[key] = text


@contextmanager
def hold(path: Path, how: int, until: str) -> Iterator[None]:
    """Holds a lock that the system lets go of with the process; waits at most `LONGEST_WAIT_S` for others.

    Raises `ConfigError`, which says that it waited `until`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise no_place(path.parent, e) from e
    try:
        end = time.monotonic() + LONGEST_WAIT_S
        while True:
            try:
                fcntl.flock(descriptor, how | fcntl.LOCK_NB)
                break
            except BlockingIOError as e:
                if time.monotonic() > end:
                    raise ConfigError(
                        f"{path.parent}: expected to wait less than {LONGEST_WAIT_S:g} s until {until}, got no end; "
                        "end the other run or name another --out"
                    ) from e
                time.sleep(0.05)
            except OSError as e:  # a file system without locks
                raise ConfigError(
                    f"{path.parent}: expected a file system with file locks, which keep two runs apart, got "
                    f"{e.strerror or e}; name another --out, on a local disk or NFS 4"
                ) from e
        yield
    finally:
        os.close(descriptor)


def no_place(folder: Path, error: OSError) -> TeacherError:
    """What is said where an answer cannot be kept."""
    return TeacherError(
        f"answers in {folder}: expected a folder to write to, got {error.strerror or error}; free some space or name "
        "another --out"
    )


def _map(path: Path) -> mmap.mmap | None:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        return None


def _find(data: mmap.mmap, key: bytes) -> bytes | None:
    """The line with `key` among lines sorted by key."""
    low, high = 0, len(data)
    while low < high:
        start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = data.find(b"\n", start) + 1
        found = data[start + _KEY.start : start + _KEY.stop]
        if found == key:
            return bytes(data[start:end])
        low, high = (end, high) if found < key else (low, start)
    return None


def _whole_lines(path: Path, digit: int | None = None) -> Iterator[bytes]:
    """Lines that are whole, of keys that begin with `digit`; what a power cut tore is passed over."""
    with path.open("rb") as file:
        for line in file:
            if digit is not None and line[8:9] != bytes([digit]):
                continue
            if line.endswith(b'"}\n') and _is_answer(line):
                yield line


def _is_answer(line: bytes) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and line[_KEY].decode("latin-1") == row.get("key") and isinstance(row.get("text"), str)
