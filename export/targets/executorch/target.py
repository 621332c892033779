"""ExecuTorch on the CPU: `<operation>.pte`, XNNPACK delegates with the adapter inside, the base named in `base.ptd`.

Inputs int64 tokens [1, T], start [1], logit_positions [P]; output float32 logits [1, P, V]. The KV cache is the
program's own state, written at `start`. See docs/executorch.md.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from export.embedder.source import EmbedderSource
from export.machine.memory import lowerings_at_once
from export.sources.adapter import AdapterWeights
from export.targets.target import Lowered, Target
from runtime_py.errors import ExportError
from runtime_py.files import write_file_atomic
from runtime_py.weights import Matrix, Pair

_KEY = re.compile(rb"[0-9a-f]{64}")


def lower(
    base: Path, adapter: AdapterWeights | None, out: Path, operation: str, data_file: str = "base.ptd"
) -> Lowered:
    """Writes `<operation>.pte` into `out`. The program does not name its data file: `data_file` changes nothing.

    The first program of a structure is lowered (minutes); every other one is linked into its template.
    """
    # Torch and ExecuTorch take seconds to import: listing the targets must not.
    from export.lowered.templates import get_template
    from export.targets.executorch.link import describe, link_program, lower_template
    from runtime_py.weights import QuantizedBase

    structure = describe(base, adapter)
    template = get_template(structure.key, lambda: lower_template(structure))
    path = out / f"{operation}.pte"
    write_file_atomic(path, link_program(template, QuantizedBase.open(base), adapter))
    return Lowered(path)


def lower_templates(base: Path, adapters: Mapping[str, AdapterWeights], out: Path) -> None:
    """Lowers the structures of all operations side by side, into the cache: `out` gets nothing, for none is shared.

    Raises `ExportError` when one does not lower, or memory does not suffice for one.
    """
    from export.lowered.templates import kept_template
    from export.targets.executorch.link import describe
    from export.targets.executorch.processes import lower_side_by_side
    from runtime_py.weights import QuantizedBase

    structures = {s.key: s for s in (describe(base, adapter) for adapter in adapters.values())}
    missing = [structure for key, structure in structures.items() if kept_template(key) is None]
    if missing:
        lower_side_by_side(missing, lowerings_at_once(QuantizedBase.open(base), os.cpu_count() or 1))


def link_adapter(out: Path, operation: str, old: Mapping[str, Pair], new: Mapping[str, Pair]) -> None:
    """Puts `new` in place of `old` into `<operation>.pte`: the file is its own template."""
    path = out / f"{operation}.pte"
    write_file_atomic(path, _relink(path.read_bytes(), old, new))


def _relink(program: bytes, old: Mapping[str, Pair], new: Mapping[str, Pair]) -> bytes:
    """Bytes and keys (sha256 of the bytes, 64 hex digits) are replaced. XNNPACK holds each matrix transposed."""
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


def write_embedder(source: EmbedderSource, out: Path) -> Path:
    """Writes `embed.pte`."""
    from export.embedder.executorch import make_program

    path = out / "embed.pte"
    write_file_atomic(path, make_program(source))
    return path


TARGET = Target("executorch", lower, link_adapter, write_embedder, lower_templates)
