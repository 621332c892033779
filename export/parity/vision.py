"""The parity leg of the graph that sees: the bundle's own against what torch made of the same pictures."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from export.parity.torch import Source
from export.sources.vision import read_visions
from runtime_py.bundle import Bundle
from runtime_py.parity import LEGS, LegResult, StepAgreement, compare, relative_error

LEG = "vision"


def vision_legs(bundle: Bundle, sources: Mapping[str, Source]) -> list[LegResult]:
    """A leg for each expert that reads pictures, on the pictures of its proof.

    A row of a picture counts as a step, equal when its error is within tolerance. What changes from one picture to the
    next stands for the adapter's effect: a graph that sees nothing fails.
    """
    encoder = bundle.image_encoder()
    if encoder is None:
        return []
    most = LEGS[LEG].max_relative_error
    legs = []
    for name, vision in read_visions(sources).items():
        expected = vision.proof.rows
        got = np.stack([encoder.encode(pixels) for pixels in vision.proof.pixels])
        agreement = StepAgreement()
        for picture, (want, have) in enumerate(zip(expected, got, strict=True)):
            steps = list(range(len(want)))
            equal = [step if relative_error(want[step], have[step]) <= most else -1 for step in steps]
            agreement.add(picture, steps, equal, [0.0] * len(steps))
        effect = min(relative_error(one, other) for one, other in pairwise(got))
        legs.append(LegResult(name, LEG, compare({"rows": expected}, {"rows": got}, most), agreement, effect))
    return legs
