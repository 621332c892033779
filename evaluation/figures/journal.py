"""Results appended line by line, so that a killed run goes on where it was."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runtime_py.errors import ConfigError


def fingerprint(*parts: Any) -> str:
    """A hash of what results depend on; paths to files stand for their bytes, other values for their JSON."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()


class Journal:
    """A JSONL file: a first line with the fingerprint, then one result a line, each under a unique key.

    A last line without its line end (the run was killed while writing) is cut off.

    Raises:
        ConfigError: the file holds results of another bundle, data or configuration, or is no journal.
    """

    def __init__(self, path: Path, made_from: str) -> None:
        self.path = path
        self._results: dict[str, Any] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size:
            self._read(made_from)
        self._file = path.open("ab")
        if not self._file.tell():
            self._write({"journal": "memlora.evaluation", "version": 1, "made_from": made_from})

    def _read(self, made_from: str) -> None:
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            os.truncate(self.path, len(whole))
        if not whole:
            return
        try:
            header, *rows = [json.loads(line) for line in whole[:-1].split(b"\n")]
            found = header["made_from"]
            self._results = {row["key"]: row["result"] for row in rows}
        except (ValueError, KeyError, TypeError) as e:
            raise ConfigError(f"{self.path} is no evaluation journal ({e!r}): remove it or name another folder") from e
        if found != made_from:
            raise ConfigError(
                f"{self.path} holds results of another bundle, data or configuration: expected {made_from[:12]}, "
                f"got {found[:12]}; remove it or name another folder"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def __getitem__(self, key: str) -> Any:
        return self._results[key]

    def add(self, key: str, result: Mapping[str, Any]) -> None:
        """Keep one result; the line is on disk when this returns."""
        if key in self._results:
            raise ValueError(f"expected a new key, got {key!r} again")
        self._write({"key": key, "result": dict(result)})
        self._results[key] = dict(result)

    def _write(self, row: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
