"""Which bundle is meant when nobody says."""

import os
from pathlib import Path

from runtime_py.errors import ConfigError

VARIABLE = "MEMLORA_BUNDLE"


def default_bundle() -> Path:
    """The folder that `MEMLORA_BUNDLE` names; raises `ConfigError` where it names none."""
    named = os.environ.get(VARIABLE)
    if not named:
        raise ConfigError(f"no bundle: expected a folder or {VARIABLE}, got none; name the bundle's folder")
    return Path(named)
