"""Folders and files written beside their place and renamed when complete, with a manifest that tells what they are."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import enumerate as enumerate_threads
from threading import get_ident
from typing import Any

from runtime_py.errors import ConfigError

MANIFEST = "manifest.json"
SCHEMA = 1


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_folder(target: Path) -> Iterator[Path]:
    """A fresh folder beside `target`, synced and renamed onto it when the block succeeds, removed when it fails.

    An older artifact at `target` is replaced; anything else that is there is refused with `ConfigError`.
    """
    target = Path(os.path.abspath(target))
    _check_replaceable(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    partial = _partial(target)
    partial.mkdir()
    try:
        yield partial
        _sync_tree(partial)
        _replace_folder(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_file_atomic(target: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes `data` beside `target`, syncs it and renames it into place; `mode` as of `open`, less the umask."""
    target = Path(os.path.abspath(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(target)
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def write_json(path: Path, value: Any) -> None:
    """Indented UTF-8 JSON with a final newline."""
    write_file_atomic(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def write_manifest(
    folder: Path,
    kind: str,
    config: Mapping[str, Any],
    tools: Iterable[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> None:
    """`manifest.json` of a complete folder: schema version, resolved config, tool versions, sha256 and size of files.

    `tools` are distribution names; `facts` is what else a reader needs (the base's hash, counts).
    """
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST:
            files[name] = {"sha256": sha256_file(path), "size": path.stat().st_size}
    tools_used = {name: _version(name) for name in ("memlora", *tools)}
    manifest = {"schema": SCHEMA, "kind": kind, "config": dict(config), "tools": tools_used, "files": files}
    write_json(folder / MANIFEST, manifest | {"facts": dict(facts or {})})


def read_manifest(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """The manifest of `folder`; raises `ConfigError` when it is missing, broken, newer or of another `kind`."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise ConfigError(f"{folder}: expected a folder with {MANIFEST}, found none; was it made by memlora?") from e
    except (OSError, ValueError) as e:
        raise ConfigError(f"{path}: expected JSON, got unreadable text ({e}); make the folder again") from e
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        got = manifest.get("schema") if isinstance(manifest, dict) else type(manifest).__name__
        raise ConfigError(f"{path}: expected schema {SCHEMA}, got {got!r}; make the folder again with this version")
    if wrong := _wrong_part(manifest):
        raise ConfigError(f"{path}: expected {wrong}, got another value or none; make the folder again")
    if kind is not None and manifest.get("kind") != kind:
        raise ConfigError(f"{folder}: expected a folder of kind {kind!r}, got {manifest.get('kind')!r}")
    return manifest


def _wrong_part(manifest: Mapping[str, Any]) -> str | None:
    """What a manifest has and this one has not."""
    files = manifest.get("files")
    for name, value in (("config", manifest.get("config")), ("files", files), ("facts", manifest.get("facts", {}))):
        if not isinstance(value, dict):
            return f"{name} as an object"
    for name, entry in (files or {}).items():
        known = isinstance(entry, dict) and isinstance(entry.get("sha256"), str) and isinstance(entry.get("size"), int)
        if not known:
            return f"sha256 and size of {name[:60]}"
    return None


def is_current(folder: Path, config: Mapping[str, Any]) -> bool:
    """True when `folder` is complete, was made with `config` and none of its files has changed."""
    if not (folder / MANIFEST).is_file():
        return False
    manifest = read_manifest(folder)
    if manifest["config"] != json.loads(json.dumps(dict(config))):
        return False
    return all(
        (folder / name).is_file()
        and (folder / name).stat().st_size == entry["size"]
        and sha256_file(folder / name) == entry["sha256"]
        for name, entry in manifest["files"].items()
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def _partial(target: Path) -> Path:
    """Where this thread writes first: several may write the same file at once."""
    return target.with_name(f".{target.name}.{get_ident()}.{os.getpid()}.partial")


def _check_replaceable(target: Path) -> None:
    if not target.exists() or (target / MANIFEST).is_file():
        return
    if not target.is_dir() or any(target.iterdir()):
        raise ConfigError(f"{target}: expected no such folder or one made by memlora, got other content; name another")


def _remove_abandoned(target: Path) -> None:
    """Deletes what a killed process left beside `target`; an artifact that it had already moved away comes back."""
    for path in target.parent.glob(f".{escape(target.name)}.*.partial"):
        told = path.name.removeprefix(f".{target.name}.").split(".")[:-1]
        is_old = told[-1:] == ["old"]
        numbers = told[:-1] if is_old else told
        is_ours = len(numbers) == 2 or (is_old and len(numbers) == 1)  # older ones were named without their thread
        if not path.is_dir() or not is_ours or not all(map(str.isdigit, numbers)) or _is_at_work(*map(int, numbers)):
            continue
        if is_old and not target.exists():
            path.rename(target)
        else:
            shutil.rmtree(path)


def _is_at_work(*writer: int) -> bool:
    """Whether the process, or the thread of this process, that writes is still there: `[thread,] process`."""
    *threads, pid = writer
    if pid != os.getpid():
        return _is_alive(pid)
    others = {thread.ident for thread in enumerate_threads()} - {get_ident()}
    return bool(others & set(threads))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _replace_folder(partial: Path, target: Path) -> None:
    old = partial.with_name(f"{partial.name.removesuffix('partial')}old.partial")
    if target.exists():
        target.rename(old)
    partial.rename(target)
    _sync(target.parent)
    if old.exists():
        shutil.rmtree(old)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
