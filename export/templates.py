"""Lowered programs kept by structure: lowering takes minutes and depends on shapes only, linking takes milliseconds."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runtime_py.artifact import write_file_atomic
from runtime_py.errors import ExportError

FORMAT = 1


@dataclass(frozen=True)
class Structure:
    """Everything a lowered program depends on besides its weights.

    `config` is the model's `config.json` without what leaves the graph alone; `ranks` maps the module path of each
    adapted linear to its LoRA rank, empty without an adapter. `context` is the KV cache's length, `chunk` the most
    tokens in one call, `logit_rows` the most rows of logits in one call; all in tokens.
    """

    config: dict[str, Any]
    ranks: dict[str, int]
    group_size: int
    context: int
    chunk: int
    logit_rows: int
    versions: dict[str, str]

    @property
    def key(self) -> str:
        """sha256 of the canonical description."""
        described = {"format": FORMAT, **asdict(self)}
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Slot:
    """A place for one blob: `name` and `part` say which (`codes`, `scales`, `raw`, `lora_A`, `lora_B`).

    `key` is the template's own sha256, `keys_at` the offsets of its 64 hex digits. `data_at` is the offset of the bytes
    where the program holds them, None where they are in `base.ptd`. `size` is in bytes.
    """

    name: str
    part: str
    key: str
    keys_at: tuple[int, ...]
    data_at: int | None
    size: int


@dataclass(frozen=True)
class Template:
    """A lowered program with the places where weights and their keys go."""

    structure_key: str
    slots: tuple[Slot, ...]
    program: bytes

    def to_bytes(self) -> bytes:
        """8 bytes little-endian length, a JSON header, the program."""
        header = {
            "format": FORMAT,
            "structure": self.structure_key,
            "sha256": hashlib.sha256(self.program).hexdigest(),
            "slots": [asdict(slot) for slot in self.slots],
        }
        described = json.dumps(header).encode()
        return len(described).to_bytes(8, "little") + described + self.program

    @classmethod
    def from_bytes(cls, data: bytes) -> "Template":
        """Raises `ValueError` or `KeyError` for bytes that `to_bytes` did not write."""
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        program = data[8 + length :]
        if header["format"] != FORMAT or header["sha256"] != hashlib.sha256(program).hexdigest():
            raise ValueError("another format or altered bytes")
        slots = tuple(Slot(**{**slot, "keys_at": tuple(slot["keys_at"])}) for slot in header["slots"])
        return cls(header["structure"], slots, program)


def cache_folder() -> Path:
    """`templates` in `$MEMLORA_CACHE`, or in `memlora` under `$XDG_CACHE_HOME` or `~/.cache`."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MEMLORA_CACHE") or Path(home) / "memlora") / "templates"


def get_template(structure: Structure, lower: Callable[[Structure], Template], folder: Path | None = None) -> Template:
    """The cached template of `structure`, or `lower(structure)`, kept for the next time.

    A file in the cache that is damaged is lowered again and replaced. The cache may be shared between processes: a file
    appears only when it is complete.
    """
    path = (folder or cache_folder()) / f"{structure.key}.template"
    if path.exists():
        try:
            found = Template.from_bytes(path.read_bytes())
        except (ValueError, KeyError, TypeError):
            found = None
        if found is not None and found.structure_key == structure.key:
            return found
    template = lower(structure)
    if template.structure_key != structure.key:
        raise ExportError(f"wrong template: expected structure {structure.key}, got {template.structure_key}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file_atomic(path, template.to_bytes())
    return template
