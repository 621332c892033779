"""What makes a bundle refusable, in the order in which it is looked at; nothing is trusted before it is hashed."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from runtime_py.bundle.manifest import MANIFEST, SEAL, BaseFiles, Manifest
from runtime_py.errors import BundleError
from runtime_py.files import sha256_file

Hashed = Callable[[str, int], None]
_AGAIN = "fetch or export the bundle again"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_paths(manifest: Manifest) -> None:
    """Every path is relative, stays inside, and is listed."""
    for name, entry in manifest.files.items():
        _check_path(name)
        if entry.size < 0 or not _SHA256.fullmatch(entry.sha256):
            raise BundleError(
                f"invalid entry for {name!r} in {MANIFEST}: expected a size and 64 hex digits, got {entry.size} and "
                f"{entry.sha256!r}; {_AGAIN}"
            )
    for place, name in manifest.references().items():
        _check_path(name)
        if name not in manifest.files:
            raise BundleError(
                f"missing {name}: expected the file that {place} names under files in {MANIFEST}, got none; {_AGAIN}",
                "unlinkable parts",
            )
    for base in all_bases(manifest):
        if "/" in base.file:
            raise BundleError(
                f"misplaced {base.file}: expected the base beside the graphs, got a path; {_AGAIN}", "unlinkable parts"
            )


def all_bases(manifest: Manifest) -> list[BaseFiles]:
    """The shared base, or each operation's own."""
    return [base for base in (manifest.base, *(o.base for o in manifest.operations.values())) if base is not None]


def _check_path(name: str) -> None:
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name
    if not plain or any(part in ("", ".", "..") for part in parts) or name in (MANIFEST, SEAL):
        raise BundleError(
            f"unsafe path in {MANIFEST}: expected one inside the bundle, got {name!r}; do not use this bundle"
        )


def check_tree(folder: Path, manifest: Manifest) -> None:
    """The folder holds exactly the listed files, each a real file of the listed size with no other name."""
    found = set()
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode) or not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a hard link or special file"
            raise BundleError(
                f"linked {name}: expected a real file of its own, got {kind}; copy the bundle's files",
                "unlinkable parts",
            )
        if name not in (MANIFEST, SEAL) and name not in manifest.files:
            raise BundleError(
                f"unlisted {name}: expected only files listed in {MANIFEST}, got one more; remove it or {_AGAIN}",
                "unlinkable parts",
            )
        found.add(name)
    for name, entry in manifest.files.items():
        if name not in found:
            raise BundleError(f"missing {name}: expected {entry.size} bytes, got no file; {_AGAIN}", "unlinkable parts")
        size = (folder / name).stat().st_size
        if size != entry.size:
            raise BundleError(f"damaged {name}: expected {entry.size} bytes, got {size}; {_AGAIN}", "malformed bytes")


def _walk(folder: Path) -> list[Path]:
    paths = []
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        is_folder = entry.is_dir(follow_symlinks=False)
        paths.extend(_walk(Path(entry.path)) if is_folder else [Path(entry.path)])
    return paths


def check_hashes(folder: Path, manifest: Manifest, hashed: Hashed | None = None) -> None:
    """Every file's bytes are the listed ones; `hashed(name, size)` is called after each."""
    for name, entry in manifest.files.items():
        got = sha256_file(folder / name)
        if got != entry.sha256:
            raise BundleError(f"damaged {name}: expected sha256 {entry.sha256}, got {got}; {_AGAIN}", "malformed bytes")
        if hashed:
            hashed(name, entry.size)
