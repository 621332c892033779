"""ExecuTorch on the CPU: `<operation>.pte`, XNNPACK delegates with the adapter inside, the base named in `base.ptd`.

Inputs int64 tokens [1, T], start [1], logit_positions [P]; output float32 logits [1, P, V]. The KV cache is the
program's own state, written at `start`. See docs/executorch.md.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from export.machine.memory import lowerings_at_once
from export.sources.adapter import AdapterWeights
from export.targets.target import Target
from runtime_py.files import write_file_atomic


def lower(
    base: Path, adapter: AdapterWeights | None, out: Path, operation: str, data_file: str = "base.ptd"
) -> list[Path]:
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
    return [path]


def lower_templates(base: Path, adapters: Mapping[str, AdapterWeights], out: Path) -> list[Path]:
    """Lowers the structures of all operations side by side, into the cache: `out` gets nothing that they share.

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
    return []


TARGET = Target("executorch", lower, lower_templates)
