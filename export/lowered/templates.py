"""Lowered programs kept by structure: lowering takes minutes and depends on shapes only, linking takes milliseconds.

The templates of the structures that everyone meets first lie beside this module in `shipped/`.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from export.machine.cache import cache_folder
from runtime_py.errors import ExportError
from runtime_py.files import write_file_atomic

FORMAT = 2
_SAMPLE_BYTES = 256
SHIPPED = Path(__file__).with_name("shipped")


def structure_key(described: Mapping[str, Any]) -> str:
    """sha256 of everything that a lowered program depends on besides its weights: configuration, shapes, versions."""
    canonical = json.dumps({"format": FORMAT, **described}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Blob:
    """One constant of the model that is lowered; `part` says which of `name`, `outside` that it is in `base.ptd`.

    Its bytes are `row`, `rows` times.
    """

    name: str
    part: str
    row: bytes
    rows: int = 1
    outside: bool = False

    @property
    def size(self) -> int:
        return len(self.row) * self.rows

    @cached_property
    def key(self) -> str:
        """sha256 of all its bytes."""
        digest = hashlib.sha256()
        for _ in range(self.rows):
            digest.update(self.row)
        return digest.hexdigest()

    @property
    def sample(self) -> bytes:
        """Enough of it to be told from anything else."""
        return self.row * min(self.rows, -(-_SAMPLE_BYTES // len(self.row)))


@dataclass(frozen=True)
class Slot:
    """A place for one blob: `name` and `part` say which (`codes`, `scales`, `raw`, `lora_A`, `lora_B`, ...).

    `keys_at` are the offsets of the 64 hex digits of its sha256. `data_at` is the offset of the bytes where the program
    holds them, None where they are in `base.ptd`. `size` is in bytes.
    """

    name: str
    part: str
    keys_at: tuple[int, ...]
    data_at: int | None
    size: int


@dataclass(frozen=True)
class Template:
    """A lowered program with the places where weights and their keys go; zeros where the weights were."""

    structure_key: str
    slots: tuple[Slot, ...]
    program: bytes

    @classmethod
    def of(cls, structure_key: str, program: bytes, blobs: Iterable[Blob]) -> "Template":
        """The template of a program that was lowered with these all-distinct blobs.

        Raises `ExportError` when the bytes of a blob are not in the program once, or those of one outside are.
        """
        slots, blank = [], bytearray(program)
        for blob in blobs:
            sample = blob.sample if blob.outside else blob.row
            held, wanted, at = program.count(sample), int(not blob.outside), program.find(sample)
            if held != wanted:
                raise ExportError(f"lowered {blob.name}.{blob.part}: expected its bytes {wanted} times, got {held}")
            if held:
                blank[at : at + blob.size] = bytes(blob.size)
            places = tuple(match.start() for match in re.finditer(blob.key.encode(), program))
            slots.append(Slot(blob.name, blob.part, places, at if held else None, blob.size))
        return cls(structure_key, tuple(slots), bytes(blank))

    def to_bytes(self) -> bytes:
        """8 bytes little-endian length, a JSON header, the program; the header and the program through zlib."""
        header = {
            "format": FORMAT,
            "structure": self.structure_key,
            "sha256": hashlib.sha256(self.program).hexdigest(),
            "slots": [asdict(slot) for slot in self.slots],
        }
        described = json.dumps(header).encode()
        return zlib.compress(len(described).to_bytes(8, "little") + described + self.program, 9)

    @classmethod
    def from_bytes(cls, compressed: bytes) -> "Template":
        """Raises `ValueError`, `KeyError` or `TypeError` for bytes that `to_bytes` did not write."""
        try:
            data = zlib.decompress(compressed)
        except zlib.error as e:
            raise ValueError(str(e)) from e
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        program = data[8 + length :]
        if header["format"] != FORMAT or header["sha256"] != hashlib.sha256(program).hexdigest():
            raise ValueError("another format or altered bytes")
        slots = tuple(Slot(**{**slot, "keys_at": tuple(slot["keys_at"])}) for slot in header["slots"])
        return cls(header["structure"], slots, program)


@dataclass(frozen=True)
class Weight:
    """What goes into a slot: its sha256 in hex and its size in bytes; `data` None where it stays in `base.ptd`."""

    key: str
    size: int
    data: bytes | None = None

    @classmethod
    def of(cls, data: bytes) -> "Weight":
        return cls(hashlib.sha256(data).hexdigest(), len(data), data)


def fill(template: Template, weight_of: Callable[[Slot], Weight]) -> bytes:
    """The program with these weights; milliseconds. Raises `ExportError` for one that does not fit its slot."""
    filled = bytearray(template.program)
    for slot in template.slots:
        weight = weight_of(slot)
        if weight.size != slot.size or (weight.data is None) != (slot.data_at is None):
            raise ExportError(f"cannot link {slot.name}.{slot.part}: expected {slot.size} bytes, got {weight.size}")
        if weight.data is not None and slot.data_at is not None:
            filled[slot.data_at : slot.data_at + slot.size] = weight.data
        for at in slot.keys_at:
            filled[at : at + 64] = weight.key.encode()
    return bytes(filled)


def kept_template(key: str, folder: Path | None = None) -> Template | None:
    """The shipped or the cached template of the structure `key`; None where there is none, or a damaged one."""
    name = f"{key}.template"
    found = (_read(path, key) for path in (SHIPPED / name, (folder or cache_folder()) / name))
    return next((template for template in found if template is not None), None)


def get_template(key: str, lower: Callable[[], Template], folder: Path | None = None) -> Template:
    """The shipped or the cached template of the structure `key`, or `lower()`, kept for the next time.

    A file in the cache that is damaged is lowered again and replaced. The cache may be shared between processes: a file
    appears only when it is complete.
    """
    if (found := kept_template(key, folder)) is not None:
        return found
    path = (folder or cache_folder()) / f"{key}.template"
    template = lower()
    if template.structure_key != key:
        raise ExportError(f"wrong template: expected structure {key}, got {template.structure_key}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file_atomic(path, template.to_bytes())
    return template


def _read(path: Path, key: str) -> Template | None:
    """The template at `path`; None where there is none of this structure, or a damaged one."""
    try:
        found = Template.from_bytes(path.read_bytes())
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return found if found.structure_key == key else None
