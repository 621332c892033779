"""What takes long and depends on known things alone is made once and kept, under the sha256 of those things."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runtime_py.files import write_file_atomic

_DIGEST_BYTES = 32


def cache_folder() -> Path:
    """`templates` in `$MEMLORA_CACHE`, or in `memlora` under `$XDG_CACHE_HOME` or `~/.cache`."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MEMLORA_CACHE") or Path(home) / "memlora") / "templates"


def cached(kind: str, depends_on: Mapping[str, Any], make: Callable[[], bytes]) -> bytes:
    """What `make()` gives, from the cache when it was made before; `depends_on` is everything that decides it.

    A file is the sha256 of the bytes, then the bytes; a damaged one is made again.
    """
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    path = cache_folder() / f"{kind}-{digest[:32]}"
    kept = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(kept[_DIGEST_BYTES:]).digest() == kept[:_DIGEST_BYTES]:
        return kept[_DIGEST_BYTES:]
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file_atomic(path, hashlib.sha256(made).digest() + made)
    return made


def sources_sha256(*modules: str) -> str:
    """sha256 of the modules' source files, which are not imported: what they make is made again when one changes."""
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(module)
        digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()
