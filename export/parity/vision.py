"""The parity leg of the graph that sees: the bundle's own against what torch made of the same pictures."""

from collections.abc import Mapping

from export.parity.torch import Source
from export.sources.vision import read_visions
from runtime_py.bundle import Bundle
from runtime_py.parity import LegResult, replay_vision


def vision_legs(bundle: Bundle, sources: Mapping[str, Source]) -> list[LegResult]:
    """A leg for each expert that reads pictures, on the pictures of its proof."""
    encoder = bundle.image_encoder()
    if encoder is None:
        return []
    return [replay_vision(name, vision.proof, encoder.encode) for name, vision in read_visions(sources).items()]
