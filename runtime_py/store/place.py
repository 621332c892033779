"""Where a store lies when nobody says."""

import os
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "MEMLORA_STORE"


def default_store() -> Path:
    """The file that `MEMLORA_STORE` names, else `memory.db` in the platform's data folder, made for its owner."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    folder = user_data_path("memlora", appauthor=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "memory.db"
