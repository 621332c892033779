"""The graph that sees, where an expert that reads pictures brings it: beside its adapter, with its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from export.sources.model import read_config
from runtime_py import operations
from runtime_py.errors import ExportError
from runtime_py.files import sha256_file
from runtime_py.parity import VISION_GRAPH, VISION_PROOF, VisionProof, read_vision_proof
from runtime_py.programs import check_vision_graph


class Source(Protocol):
    """Where an operation came from: its base folder and its PEFT folder."""

    @property
    def base(self) -> Path: ...
    @property
    def adapter(self) -> Path: ...


Sources = Mapping[str, Source]


@dataclass(frozen=True)
class VisionSource:
    """A checked graph and what torch makes of a few pictures."""

    graph: Path
    proof: VisionProof


def read_vision(adapter: Path, base: Path) -> VisionSource:
    """The graph beside the expert in `adapter`, for the base's width.

    Raises `ExportError` without one, `BundleError` for one that is refused.
    """
    for name in (VISION_GRAPH, VISION_PROOF):
        if not (adapter / name).is_file():
            raise ExportError(
                f"{adapter}: expected an expert that reads pictures with its tower and projector in {VISION_GRAPH} "
                f"and {VISION_PROOF}, found no {name}; train it with memlora distill"
            )
    proof = read_vision_proof(adapter)
    width = read_config(base).hidden_size
    if proof.hidden != width:
        raise ExportError(
            f"{adapter}: expected a projector to the base's {width} numbers a row, got one to {proof.hidden}; train it "
            "on this base"
        )
    check_vision_graph(adapter / VISION_GRAPH, proof.side, proof.tokens, proof.hidden)
    return VisionSource(adapter / VISION_GRAPH, proof)


def read_visions(sources: Sources) -> dict[str, VisionSource]:
    """What each of the operations that read pictures brings.

    Raises `ExportError` when one brings none, or two bring different graphs.
    """
    found = {
        name: read_vision(source.adapter, source.base)
        for name, source in sources.items()
        if operations.get(name).picture is not None
    }
    if len({sha256_file(vision.graph) for vision in found.values()}) > 1:
        raise ExportError(
            f"{', '.join(found)}: expected one {VISION_GRAPH}, got different ones; train the experts with the same "
            "tower and projector"
        )
    return found
