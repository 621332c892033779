"""What is known of a checkpoint's source and licence: `source.json` in its folder, copied into bases made of it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from runtime_py.errors import ConfigError
from runtime_py.files import write_json

ORIGIN = "source.json"
OWN_TERMS = ("gemma", "llama")
"""How licences begin that bind whoever passes a model on to terms of its maker's."""


@dataclass(frozen=True)
class Origin:
    """`source` in words that lead back to it; `licence` None where the source names none; `sha256` of the file read."""

    source: str
    licence: str | None
    sha256: str | None = None

    @property
    def warning(self) -> str | None:
        """What a person must know before using it."""
        if self.licence is None:
            return f"{self.source}: the source names no licence; measure with it, and do not ship or pass it on"
        if self.licence.casefold().startswith(OWN_TERMS):
            return (
                f"{self.source}: its maker's own terms (licence {self.licence}) bind whoever ships it or passes it on; "
                "measure with it, and read them first"
            )
        return None


def write_origin(folder: Path, origin: Origin) -> None:
    """Writes `source.json`."""
    write_json(folder / ORIGIN, asdict(origin))


def read_origin(folder: Path) -> Origin | None:
    """The origin noted in a folder, None without one; raises `ConfigError` for a file that is none."""
    path = folder / ORIGIN
    if not path.is_file():
        return None
    try:
        return Origin(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as e:
        raise ConfigError(f"{path}: expected the keys source, licence and sha256, got {e}; fetch it again") from e
