"""One thing wrong with a bundle each: edits of the manifest, of an adapter, of a prompt, of a file's bytes or place."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from runtime_py.bundle.manifest import MANIFEST, SEAL, seal_manifest
from runtime_py.files.artifact import sha256_file
from runtime_py.weights import Int4Tensor, QuantizedBase
from runtime_py.weights.adapter_slots import members, stack
from tests.bundles.good import RANK
from tests.bundles.parts import HIDDEN, adapter_tensors, write_adapter_file

SLOT = "model.layers.0.self_attn.qkv_proj"
Q, _, V = members(SLOT)
EXTRACT = "extract.onnx_adapter"
VISION = "vision.onnx"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and seal it again, as someone would who means it."""
    value = json.loads((folder / MANIFEST).read_text())
    change(value)
    seal_manifest(folder, value)


def relist(folder: Path, name: str) -> None:
    """Enter the changed file `name` with its new hash and size, so that only its content can be refused."""
    entry = {"sha256": sha256_file(folder / name), "size": (folder / name).stat().st_size}
    edit(folder, lambda m: m["files"].update({name: entry}))


def adapter(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the tensors of extract's adapter."""

    def mutate(folder: Path) -> None:
        tensors: dict[str, Any] = adapter_tensors(False, RANK, 0)
        change(tensors)
        write_adapter_file(folder / "extract.onnx_adapter", tensors)
        values = sum(v.size for v in tensors.values())
        edit(folder, lambda m: m["operations"]["extract"].update(parameters=values))
        relist(folder, "extract.onnx_adapter")

    return mutate


def shared_slot(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Put q and v of extract's adapter into one slot, then change its tensors."""

    def mutate(folder: Path) -> None:
        apart, shapes = adapter_tensors(False, RANK, 0), _shapes(folder)
        pairs = {module: (apart[f"{module}.lora_A"], apart[f"{module}.lora_B"]) for module in (Q, V)}
        tensors = dict(zip((f"{SLOT}.lora_A", f"{SLOT}.lora_B"), stack(SLOT, pairs, shapes), strict=True))
        change(tensors)
        write_adapter_file(folder / EXTRACT, tensors)
        relist(folder, EXTRACT)

    return mutate


def listed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the bytes of file `name` and list it anew."""

    def mutate(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        relist(folder, name)

    return mutate


def without_tables(folder: Path) -> None:
    """As bundles were before tokenizers had tables."""

    def change(value: dict[str, Any]) -> None:
        for part in ("tokenizer", "embedder"):
            del value["files"][value[part]["table"]]
            (folder / value[part].pop("table")).unlink()

    edit(folder, change)


def unlisted(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the bytes of file `name` behind the manifest's back."""

    def mutate(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return mutate


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda folder: edit(folder, change)


def targets(rank: Any) -> Callable[[Path], None]:
    """Give another rank for extract's first module."""
    return manifest(lambda m: m["operations"]["extract"]["targets"].update({Q: rank}))


def ranks(held: dict[str, int], told: dict[str, int] | None = None) -> Callable[[Path], None]:
    """Give extract's modules the ranks `held`, in one slot, and say in the manifest that they are `told`."""

    def mutate(folder: Path) -> None:
        pairs = {
            m: (np.full((HIDDEN, rank), 0.5), np.full((rank, _shapes(folder)[m][0]), 0.25)) for m, rank in held.items()
        }
        tensors = dict(zip((f"{SLOT}.lora_A", f"{SLOT}.lora_B"), stack(SLOT, pairs, _shapes(folder)), strict=True))
        write_adapter_file(folder / EXTRACT, tensors)
        values = sum(a.size + b.size for a, b in pairs.values())
        edit(folder, lambda m: m["operations"]["extract"].update(targets=told or held, parameters=values))
        relist(folder, EXTRACT)

    return mutate


def _shapes(folder: Path) -> dict[str, tuple[int, int]]:
    tensors = QuantizedBase.open(folder).tensors.items()
    return {name.removesuffix(".weight"): t.shape for name, t in tensors if isinstance(t, Int4Tensor)}


def prompts(**values: Any) -> Callable[[Path], None]:
    """Change fields of extract's prompt."""

    def change(data: bytes) -> bytes:
        rows = json.loads(data)
        rows["extract"].update(values)
        return json.dumps(rows).encode()

    return listed("operations.json", change)


def vision(then: Callable[[Path], object] = lambda _folder: None, **values: Any) -> Callable[[Path], None]:
    """Add a graph that sees, its entry with `values` changed, and do `then`."""

    def mutate(folder: Path) -> None:
        (folder / VISION).write_bytes(b"stands for a graph that sees")
        told = {"file": VISION, "sha256": sha256_file(folder / VISION), "side": 224, "tokens": 49, "hidden": HIDDEN}
        edit(folder, lambda m: m.update(vision=told | values, min_reader=3))
        relist(folder, VISION)
        then(folder)

    return mutate


def reads_pictures(folder: Path) -> None:
    """Give `extract` the name of an operation that reads pictures."""
    data = json.loads((folder / "operations.json").read_text())
    data["vqa"] = data.pop("extract")
    (folder / "operations.json").write_text(json.dumps(data))
    edit(folder, lambda m: m["operations"].update(vqa=m["operations"].pop("extract")))
    relist(folder, "operations.json")


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def reseal_text(change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change the manifest's text itself, and write its hash anew."""

    def mutate(folder: Path) -> None:
        text = change((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(text)
        (folder / SEAL).write_text(f"{sha256_file(folder / MANIFEST)}  {MANIFEST}\n")

    return mutate


def index(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the tensors of the base's index."""

    def edited(data: bytes) -> bytes:
        value = json.loads(data)
        change(value["tensors"])
        return json.dumps(value).encode()

    return listed("base.index.json", edited)


def little(folder: Path) -> None:
    """A sparse base of a gigabyte, of which the index names a few thousand bytes."""
    size = 1 << 30
    os.truncate(folder / "base.ptd", size)
    listed("base.index.json", lambda d: json.dumps(json.loads(d) | {"size": size}).encode())(folder)
    edit(folder, lambda m: m["files"]["base.ptd"].update(size=size))


def escape(name: str) -> Callable[[Path], None]:
    """A file outside the bundle, listed under a path that leads to it."""

    def change(value: dict[str, Any]) -> None:
        value["files"][name] = value["files"].pop("extract.pte")
        value["operations"]["extract"]["programs"]["executorch"] = name

    return manifest(change)


def symlink(folder: Path) -> None:
    outside = folder.parent / "outside.ptd"
    shutil.move(folder / "base.ptd", outside)
    (folder / "base.ptd").symlink_to(outside)


def hard_link(folder: Path) -> None:
    outside = folder.parent / "outside_hard.ptd"
    outside.hardlink_to(folder / "base.ptd")
