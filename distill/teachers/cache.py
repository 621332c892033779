"""Answers on disk, one file per request, so that labelling goes on where it stopped and never pays twice."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
        return text if isinstance(text, str) else None

    def put(self, request: Mapping[str, Any], text: str) -> None:
        """Keep `text`; the request is kept beside it, for people."""
        entry = json.dumps({"request": dict(request), "text": text}, ensure_ascii=False, indent=1)
        write_file_atomic(self._path(request), entry.encode())

    def _path(self, request: Mapping[str, Any]) -> Path:
        canonical = json.dumps(dict(request), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json"
