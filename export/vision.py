"""What a bundle sees with: the one graph of tower and projector of its experts that read pictures."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from export.sources.vision import Sources, read_visions
from export.targets.target import Target
from runtime_py import operations
from runtime_py.errors import ExportError
from runtime_py.files import sha256_file
from runtime_py.parity import VISION_GRAPH, VISION_PROOF

Value = TypeVar("Value")


def check_pictures(sources: Sources, targets: Sequence[Target]) -> None:
    """Raises `ExportError` for experts that read pictures and lack what they see with, or a target that takes rows."""
    if not read_visions(sources) or any(to.takes_rows for to in targets):
        return
    blind = sorted(set(sources) & set(operations.pictured()))
    raise ExportError(
        f"{', '.join(blind)} reads pictures: expected --target onnx, got {', '.join(to.name for to in targets)}, whose "
        "programs take tokens only; add it or leave the expert out"
    )


def taken(to: Target, by_operation: Mapping[str, Value]) -> dict[str, Value]:
    """What is lowered for a target: all, or what does not read pictures."""
    blind = () if to.takes_rows else operations.pictured()
    return {name: value for name, value in by_operation.items() if name not in blind}


def write_vision(sources: Sources, folder: Path) -> dict[str, Any] | None:
    """Copies the graph and, among the goldens, its proof into `folder`.

    The graph's entry of the manifest; None where nobody reads pictures.

    Raises as `read_visions`.
    """
    for vision in read_visions(sources).values():
        shutil.copyfile(vision.graph, folder / VISION_GRAPH)
        (folder / "goldens").mkdir(exist_ok=True)
        shutil.copyfile(vision.graph.with_name(VISION_PROOF), folder / "goldens" / VISION_PROOF)
        proof = vision.proof
        return {
            "file": VISION_GRAPH,
            "sha256": sha256_file(vision.graph),
            "side": proof.side,
            "tokens": proof.tokens,
            "hidden": proof.hidden,
        }
    return None
