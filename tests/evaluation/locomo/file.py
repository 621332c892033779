"""Where the tests find a LoCoMo file: users bring their own copy, the repository holds none."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def locomo_file() -> Path:
    """The file named by MEMLORA_LOCOMO or beside the repository; skips the test when there is none."""
    path = Path(os.environ.get("MEMLORA_LOCOMO", ROOT / "../shared/data/locomo8.json"))
    if not path.is_file():
        pytest.skip(f"no LoCoMo file: set MEMLORA_LOCOMO to a copy of locomo10.json ({path} is missing)")
    return path
