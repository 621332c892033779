"""Answers on disk, one file per request, so that labelling goes on where it stopped and never pays twice."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distill.teachers.teacher import TeacherError
from runtime_py.files import write_file_atomic


class AnswerCache:
    """Texts by the sha256 of the request that made them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, request: Mapping[str, Any]) -> str | None:
        """The text, None when there is none; a file that a crash left broken counts as none."""
        path = self._path(request)
        try:
            text = json.loads(path.read_text(encoding="utf-8"))["text"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        except OSError as e:
            raise self._unusable(e) from e
        return text if isinstance(text, str) else None

    def put(self, request: Mapping[str, Any], text: str) -> None:
        """Keep `text`, for the owner's eyes alone; the request is kept beside it. Raises `TeacherError`: no place."""
        entry = json.dumps({"request": dict(request), "text": text}, ensure_ascii=False, indent=1)
        try:
            write_file_atomic(self._path(request), entry.encode("utf-8", "backslashreplace"), mode=0o600)
        except OSError as e:
            raise self._unusable(e) from e

    def _unusable(self, error: OSError) -> TeacherError:
        return TeacherError(
            f"answers in {self._folder}: expected a folder to write to, got {error.strerror}; free some space or name "
            "another --out"
        )

    def _path(self, request: Mapping[str, Any]) -> Path:
        canonical = json.dumps(dict(request), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json"
