"""The records of a bundle's `manifest.json` (docs/bundle-format.md)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from runtime_py.errors import BundleError
from runtime_py.files import parse_json, read_record, sha256_file, write_file_atomic, write_json
from runtime_py.files.limits import MAX_BYTES

FORMAT_VERSION = 2
READER = 3
_TEXT_READER, _SEEING_READER = 2, 3  # the first that read a bundle without and with `vision`
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"


@dataclass(frozen=True)
class FileEntry:
    """A file's sha256 in hex and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class ModelFacts:
    """The shape of the language model; `architecture` is the Hugging Face class name."""

    architecture: str
    layers: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    context_length: int
    group_size: int


@dataclass(frozen=True)
class BaseFiles:
    """The quantized base: its data file beside the graphs, its index, the data's sha256."""

    file: str
    index: str
    sha256: str


@dataclass(frozen=True)
class OperationFiles:
    """An operation's files and its adapter.

    `programs` are kind of engine -> its own program. `adapter_sha256` identifies the trained adapter,
    `base_sha256` the base it was trained on; `targets` are the adapted modules' paths, each with its rank, `parameters`
    the number of all values. In a merged bundle `adapter` is null and `base` names the operation's own base.
    """

    programs: Mapping[str, str]
    adapter: str | None
    grammar: str | None
    golden: str | None
    adapter_sha256: str
    base_sha256: str
    targets: Mapping[str, int]
    parameters: int
    prompt_sha256: str
    base: BaseFiles | None = None


@dataclass(frozen=True)
class TokenizerFile:
    """`tokenizer.json`, its sha256, and the table that was compiled of it."""

    file: str
    sha256: str
    table: str | None = None


@dataclass(frozen=True)
class EmbedderFiles:
    """The sentence embedder, `programs` by kind: `id` and `dimension` stand in every store's header.

    `table` is what was compiled of its `tokenizer`.
    """

    programs: Mapping[str, str]
    tokenizer: str
    id: str
    dimension: int
    max_tokens: int
    table: str | None = None


@dataclass(frozen=True)
class VisionFiles:
    """The graph that sees: a picture of `side` x `side` pixels becomes `tokens` rows of `hidden` numbers."""

    file: str
    sha256: str
    side: int
    tokens: int
    hidden: int


@dataclass(frozen=True)
class Manifest:
    """A bundle's `manifest.json`.

    `programs` are kind of engine -> the one program that serves every operation, adapters given beside it; `files`
    lists every other file of the bundle by its relative path. `vision` is None where no operation reads pictures.
    """

    format_version: int
    min_reader: int
    name: str
    created_with: Mapping[str, str]
    packaging: Literal["packaged", "merged"]
    model: ModelFacts
    base: BaseFiles | None
    programs: Mapping[str, str]
    operations: Mapping[str, OperationFiles]
    tokenizer: TokenizerFile
    operations_file: str
    embedder: EmbedderFiles
    licences: Mapping[str, str]
    ram_bytes_min: int
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    vision: VisionFiles | None = None

    def references(self) -> dict[str, str]:
        """Every file that an entry names, by the place that names it."""
        named: dict[str, str | None] = {
            "tokenizer": self.tokenizer.file,
            "tokenizer, table": self.tokenizer.table,
            "operations_file": self.operations_file,
            "embedder, tokenizer": self.embedder.tokenizer,
            "embedder, table": self.embedder.table,
            "vision": self.vision.file if self.vision else None,
        }
        if self.base:
            named |= {"base": self.base.file, "base, index": self.base.index}
        sets = {"": self.programs, "embedder, ": self.embedder.programs}
        sets |= {f"operation {name}, ": entry.programs for name, entry in self.operations.items()}
        named |= {f"{place}programs, {kind}": file for place, by in sets.items() for kind, file in by.items()}
        for name, entry in self.operations.items():
            for part in ("adapter", "grammar", "golden"):
                named[f"operation {name}, {part}"] = getattr(entry, part)
            if entry.base:
                named |= {f"operation {name}, base": entry.base.file, f"operation {name}, index": entry.base.index}
        return {place: file for place, file in named.items() if file is not None}

    @staticmethod
    def role(place: str) -> str:
        """What a file is that `references` gives for `place`: a row of `MAX_BYTES`, or `base`."""
        parts = place.split(", ")
        if "programs" in parts:
            return "program"
        return {"operations_file": "operations", "vision": "program"}.get(parts[-1], parts[-1])


def read_bundle_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in `folder`: the versions are read before anything else is trusted.

    Raises `BundleError`.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise BundleError(
            f"not a bundle: expected the file {path}, found none; name a folder made by memlora export",
            "unlinkable parts",
        )
    if path.stat().st_size > MAX_BYTES["manifest"]:
        raise BundleError(
            f"malformed {MANIFEST}: expected at most {MAX_BYTES['manifest']} bytes, got {path.stat().st_size}; "
            "fetch or export the bundle again",
            "malformed bytes",
        )
    data = path.read_bytes()
    value = _read_versions(data)
    check_seal(folder, data)
    return read_record(Manifest, value, MANIFEST)


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in the bytes of its file; raises `BundleError`."""
    return read_record(Manifest, _read_versions(data), MANIFEST)


def check_seal(folder: Path, data: bytes) -> None:
    """`manifest.sha256` holds the hash of the manifest's bytes `data`, as `sha256sum` writes it, or `BundleError`."""
    path = folder / SEAL
    if not path.is_file() or path.is_symlink():
        raise BundleError(
            f"missing {SEAL}: expected it beside {MANIFEST}, got none; fetch or export the bundle again",
            "unlinkable parts",
        )
    if path.stat().st_size > 1024 or path.read_bytes() != _seal(data):
        raise BundleError(
            f"damaged {MANIFEST} or {SEAL}: expected sha256 {hashlib.sha256(data).hexdigest()} in {SEAL}, got another; "
            "fetch or export the bundle again",
            "malformed bytes",
        )


def _seal(data: bytes) -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode()


def _read_versions(data: bytes) -> dict[str, Any]:
    value = parse_json(data, MANIFEST)
    if not isinstance(value, dict):
        raise BundleError(f"invalid {MANIFEST}: expected an object, got another value; export the bundle again")
    for key, known in (("format_version", FORMAT_VERSION), ("min_reader", READER)):
        got = value.get(key)
        if type(got) is not int or got < 1 or (key == "min_reader" and got > READER):
            raise BundleError(
                f"unknown version in {MANIFEST}: expected {key} up to {known}, got {json.dumps(got)}; update memlora"
            )
    if (version := value["format_version"]) != FORMAT_VERSION:
        advice = "export the bundle again" if version < FORMAT_VERSION else "update memlora"
        raise BundleError(
            f"unknown version in {MANIFEST}: expected format_version {FORMAT_VERSION}, got {version}; {advice}"
        )
    return value


def write_bundle_manifest(folder: Path, fields: Mapping[str, Any]) -> Manifest:
    """Hash every file in `folder` and write `manifest.json` and its seal.

    `fields` are all keys but the versions and `files`. Raises `BundleError` when they are not those of a manifest.
    """
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and path not in (folder / MANIFEST, folder / SEAL)
    )
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_file(path), "size": path.stat().st_size}
        for path in paths
    }
    reader = _SEEING_READER if fields.get("vision") else _TEXT_READER
    value = {"format_version": FORMAT_VERSION, "min_reader": reader, **fields, "files": files}
    manifest = read_record(Manifest, json.loads(json.dumps(value)), MANIFEST)
    seal_manifest(folder, _plain(manifest))
    return manifest


def seal_manifest(folder: Path, value: Mapping[str, Any]) -> None:
    """Write `value` as `manifest.json`, and its hash beside it."""
    write_json(folder / MANIFEST, value)
    write_file_atomic(folder / SEAL, _seal((folder / MANIFEST).read_bytes()))


def manifest_sha256(manifest: Manifest) -> str:
    """One hash for the whole bundle: that of its manifest's canonical text, which holds every file's hash."""
    text = json.dumps(_plain(manifest), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(manifest: Manifest) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(asdict(manifest)))
    optional = [(entry, "base") for entry in value["operations"].values()]
    optional += [(value[part], "table") for part in ("tokenizer", "embedder")] + [(value, "vision")]
    for entry, key in optional:
        if entry[key] is None:
            del entry[key]
    return value
