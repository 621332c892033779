"""Lowers the structures that ship: `make templates` after a change of kernels or of pinned versions.

They are the programs of the bases with experts in this repository, and of the default embedder. Nobody who starts with
these waits minutes for a first lowering.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from export.bundle import find_adapters
from export.embedder import executorch as embedder
from export.embedder.source import read_source
from export.lowered.templates import SHIPPED, Template
from export.sources.adapter import read_adapter
from export.targets.executorch.link import describe, lower_template
from runtime_py.files import write_file_atomic


def shipped_structures(models: Sequence[tuple[Path, Path]]) -> dict[str, Callable[[], Template]]:
    """Key of each structure that ships, and its lowering; a model is a quantized base and the folder of its experts."""
    source = read_source(None)
    key = embedder.describe(source)
    lowering = {key: lambda: embedder.lower_template(key, embedder.quantized(source), source.max_tokens)}
    for base, adapters in models:
        for folder in find_adapters(adapters).values():
            structure = describe(base, read_adapter(folder, base))
            lowering[structure.key] = lambda structure=structure: lower_template(structure)  # type: ignore[misc]
    return lowering


def main() -> None:
    """`python -m export.lowered.ship BASE ADAPTERS ..`: writes what is missing, removes what is outdated."""
    paths = [Path(argument) for argument in sys.argv[1:]]
    lowering = shipped_structures(list(zip(paths[::2], paths[1::2], strict=True)))
    for path in SHIPPED.glob("*.template"):
        if path.stem not in lowering:
            path.unlink()
    for key, lower in lowering.items():
        if not (path := SHIPPED / f"{key}.template").exists():
            write_file_atomic(path, lower().to_bytes())


if __name__ == "__main__":
    main()
