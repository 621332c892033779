"""A retrained adapter into a finished bundle without lowering: the programs in the bundle are their own templates.

Two programs of one structure differ only in the adapter's bytes and, for ExecuTorch, in their keys (sha256 of the
bytes, 64 hex digits). Replacing both gives the genuine export byte for byte.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from export.bundle import OperationSource, Stage, finish_bundle
from export.sources.adapter import CONFIG, WEIGHTS, AdapterWeights, read_adapter
from export.targets.onnx.target import slot_matrices, write_adapter_file
from runtime_py.bundle import MANIFEST, SEAL, Bundle
from runtime_py.errors import ConfigError, ExportError
from runtime_py.files import sha256_file, write_file_atomic, write_folder
from runtime_py.weights import Matrix, Pair, QuantizedBase, unstack
from runtime_py.weights import read_adapter as read_adapter_file

_KEY = re.compile(rb"[0-9a-f]{64}")


def link_adapter(bundle: Path, adapter: Path, operation: str, out: Path, stage: Stage) -> None:
    """Write to `out` (which may be `bundle`) the bundle with `adapter` as its `operation` expert, proved again.

    Raises `ExportError` for an adapter of another structure or base, `ParityError` when a leg fails.
    """
    opened = Bundle.open(bundle)
    entry = opened.operation(operation)
    if entry.adapter is None:
        raise ConfigError(
            f"{bundle}: expected a bundle with adapters beside the base, got a merged one; export it again"
        )
    weights = read_adapter(adapter, bundle)
    with write_folder(out) as folder:
        shutil.copytree(bundle, folder, dirs_exist_ok=True)
        stage(f"link: {operation}")
        replace_adapter(folder, operation, weights)
        config = json.loads((adapter / CONFIG).read_text("utf-8"))
        fields = json.loads((bundle / "manifest.json").read_text("utf-8"))
        fields["operations"][operation] |= {
            "adapter_sha256": sha256_file(adapter / WEIGHTS),
            "rank": config["r"],
            "alpha": float(config["lora_alpha"]),
        }
        for sealed in (MANIFEST, SEAL):
            (folder / sealed).unlink()
        for derived in ("format_version", "min_reader", "files"):
            del fields[derived]
        finish_bundle(folder, fields, {operation: OperationSource(folder, adapter)}, stage)


def replace_adapter(folder: Path, operation: str, weights: AdapterWeights) -> None:
    """Swap the operation's adapter in every file that holds it; `ExportError` when the structure differs."""
    path = folder / f"{operation}.onnx_adapter"
    tensors = read_adapter_file(path).tensors
    entry = Bundle.open(folder, verify=False).operation(operation)
    old = unstack(path.name, tensors, entry.targets, entry.rank, QuantizedBase.open(folder))
    shapes, got = ({m: (a.shape, b.shape) for m, (a, b) in pairs.items()} for pairs in (old, weights.modules))
    if shapes != got:
        name = min(module for module, _ in set(shapes.items()) ^ set(got.items()))
        raise ExportError(
            f"cannot link {operation}: expected A and B of {name} of the shapes {shapes.get(name)}, got "
            f"{got.get(name)}; export the bundle again for another structure"
        )
    # The graph reads its defaults from this file, whose places depend on names and shapes alone.
    slots = list(dict.fromkeys(name.rpartition(".")[0] for name in tensors))
    write_adapter_file(path, slot_matrices(slots, weights.modules, folder))
    program = folder / f"{operation}.pte"
    if program.exists():
        write_file_atomic(program, relink_program(program.read_bytes(), old, weights.modules))


def relink_program(program: bytes, old: Mapping[str, Pair], new: Mapping[str, Pair]) -> bytes:
    """The ExecuTorch program with `new` in place of `old`: bytes and keys. XNNPACK holds each matrix transposed."""
    places: dict[bytes, list[int]] = {}
    for match in _KEY.finditer(program):
        places.setdefault(match.group(), []).append(match.start())
    linked = bytearray(program)
    both = [(f"{m}.lora_{'AB'[i]}", old[m][i], new[m][i]) for m in old for i in range(2)]
    for name, old_matrix, new_matrix in both:
        before, after = _stored(old_matrix), _stored(new_matrix)
        at, key = program.find(before), _key(before)
        if at < 0 or program.count(before) != 1 or key not in places:
            raise ExportError(
                f"cannot link {name}: expected its bytes and key once in the program, got another program"
            )
        linked[at : at + len(before)] = after
        for place in places[key]:
            linked[place : place + 64] = _key(after)
    return bytes(linked)


def _stored(matrix: Matrix) -> bytes:
    return np.ascontiguousarray(matrix.T, dtype="<f4").tobytes()


def _key(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
