"""What makes a bundle refusable, in the order in which it is looked at; nothing is trusted before it is hashed."""

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from runtime_py.bundle.manifest import MANIFEST, SEAL, BaseFiles, Manifest
from runtime_py.errors import BundleError
from runtime_py.files import sha256_file
from runtime_py.files.limits import MAX_BYTES, MAX_FILES, MAX_PATH_BYTES
from runtime_py.weights import QuantizedBase

Hashed = Callable[[str, int], None]
Signature = tuple[int, int, int, int]
_AGAIN = "fetch or export the bundle again"
_UNPORTABLE = re.compile(r'[\\:*?"<>|]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
_IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini"}  # file browsers write them
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_paths(manifest: Manifest) -> None:
    """Every path is relative, stays inside, means one file on every system, and is listed."""
    if len(manifest.files) > MAX_FILES:
        raise BundleError(
            f"too many files in {MANIFEST}: expected at most {MAX_FILES}, got {len(manifest.files)}; {_AGAIN}"
        )
    for name, entry in manifest.files.items():
        _check_path(name)
        if entry.size < 0 or not _SHA256.fullmatch(entry.sha256):
            raise BundleError(
                f"invalid entry for {name!r} in {MANIFEST}: expected a size and 64 hex digits, got {entry.size} and "
                f"{entry.sha256!r}; {_AGAIN}"
            )
    for name in (*manifest.operations, *_kinds(manifest)):
        if not _NAME.fullmatch(name):
            raise BundleError(
                f"invalid name in {MANIFEST}: expected small letters, digits and _, got {name[:40]!r}; {_AGAIN}"
            )
    _check_twins((*manifest.files, MANIFEST, SEAL))
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


def _kinds(manifest: Manifest) -> Iterator[str]:
    """Names of the kinds of engine that programs are for."""
    yield from manifest.programs
    yield from manifest.embedder.programs
    for entry in manifest.operations.values():
        yield from entry.programs


def all_bases(manifest: Manifest) -> list[BaseFiles]:
    """The shared base, or each operation's own."""
    return [base for base in (manifest.base, *(o.base for o in manifest.operations.values())) if base is not None]


def _check_path(name: str) -> None:
    parts = name.split("/")
    plain = name.isprintable() and not _UNPORTABLE.search(name) and unicodedata.is_normalized("NFC", name)
    if not plain or any(part in ("", ".", "..") for part in parts) or name in (MANIFEST, SEAL):
        raise BundleError(
            f"unsafe path in {MANIFEST}: expected one inside the bundle, got {name!r}; do not use this bundle"
        )
    for part in parts:
        if part[-1] in ". " or part.split(".")[0].rstrip().casefold() in _DEVICES:
            raise BundleError(
                f"path in {MANIFEST} that not every system takes: expected no final dot or blank and no device's name, "
                f"got {name!r}; rename the file and export the bundle again"
            )
    if len(name.encode()) > MAX_PATH_BYTES:
        raise BundleError(
            f"long path in {MANIFEST}: expected at most {MAX_PATH_BYTES} bytes, got {len(name.encode())} in "
            f"{name[:40]!r}..; rename the file and export the bundle again"
        )


def _check_twins(names: Iterable[str]) -> None:
    """No two paths are one on a system that ignores case, folders included."""
    seen: dict[str, str] = {}
    for name in names:
        folder = ""
        for part in name.split("/"):
            path = f"{folder}{part}"
            if (twin := seen.setdefault(unicodedata.normalize("NFC", path.casefold()), path)) != path:
                raise BundleError(
                    f"paths in {MANIFEST} that are one on some systems: expected others, got {twin!r} and {path!r}; "
                    "rename one and export the bundle again"
                )
            folder = f"{path}/"


def check_sizes(manifest: Manifest) -> None:
    """No file is larger than the format's limit for its role; a base is bounded by its index."""
    roles = dict.fromkeys(manifest.files, "other")
    for place, name in manifest.references().items():
        roles[name] = manifest.role(place)
    for name, role in roles.items():
        size = manifest.files[name].size
        if role != "base" and size > MAX_BYTES[role]:
            raise BundleError(
                f"large {name}: expected at most {MAX_BYTES[role]} bytes, got {size}; do not use this bundle",
                "malformed bytes",
            )


def signature(path: Path) -> Signature:
    """What changes when a file is written, replaced or linked: its inode, its size, the times of its changes."""
    status = path.stat(follow_symlinks=False)
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def check_unchanged(folder: Path, name: str, seen: Mapping[str, Signature]) -> Path:
    """The file `name`, which is the one that was checked; raises `BundleError`."""
    path = folder / name
    if signature(path) != seen[name]:
        raise BundleError(
            f"changed {name}: expected the file that was checked, got one written since; open the bundle again",
            "malformed bytes",
        )
    return path


def check_tree(folder: Path, manifest: Manifest) -> dict[str, Signature]:
    """The folder holds exactly the listed files, each a real file of the listed size with no other name.

    Returns the signatures of the listed files, taken before any of them is read.
    """
    found = set()
    folders = {parent.as_posix() for name in manifest.files for parent in PurePosixPath(name).parents}
    for path in _walk(folder, folder, folders):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if name not in (MANIFEST, SEAL) and name not in manifest.files:
            raise BundleError(
                f"unlisted {name}: expected only files listed in {MANIFEST}, got one more; remove it or {_AGAIN}",
                "unlinkable parts",
            )
        if stat.S_ISLNK(status.st_mode) or not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a hard link or special file"
            raise BundleError(
                f"linked {name}: expected a real file of its own, got {kind}; copy the bundle's files",
                "unlinkable parts",
            )
        found.add(name)
    for name, entry in manifest.files.items():
        if name not in found:
            raise BundleError(f"missing {name}: expected {entry.size} bytes, got no file; {_AGAIN}", "unlinkable parts")
        size = (folder / name).stat().st_size
        if size != entry.size:
            raise BundleError(f"damaged {name}: expected {entry.size} bytes, got {size}; {_AGAIN}", "malformed bytes")
    return {name: signature(folder / name) for name in manifest.files}


def _walk(root: Path, folder: Path, folders: Collection[str]) -> Iterator[Path]:
    """Everything below `folder` that is no folder; a folder with no listed file in it is given itself."""
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and path.relative_to(root).as_posix() in folders:
            yield from _walk(root, path, folders)
        elif entry.name not in _IGNORED:
            yield path


def check_hashes(folder: Path, manifest: Manifest, hashed: Hashed | None = None) -> None:
    """Every file's bytes are the listed ones; `hashed(name, size)` is called after each."""
    indexes = {base.index: None for base in all_bases(manifest)}
    for name in (*indexes, *(name for name in manifest.files if name not in indexes)):
        entry = manifest.files[name]
        got = sha256_file(folder / name)
        if got != entry.sha256:
            raise BundleError(f"damaged {name}: expected sha256 {entry.sha256}, got {got}; {_AGAIN}", "malformed bytes")
        if name in indexes:
            QuantizedBase.open(folder, name)  # an index bounds its base's size: it is looked at first
        if hashed:
            hashed(name, entry.size)
