"""The proof of a graph that sees: a few pictures and the rows that torch made of them; and its replay.

It lies beside an expert's adapter, and among the goldens of a bundle.

`vision.onnx` is the graph (docs/bundle-format.md), `vision.safetensors` holds uint8 `pixels` `[n, side, side, 3]` and
float32 `rows` `[n, tokens, hidden]`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from runtime_py.errors import BundleError
from runtime_py.files import write_file_atomic
from runtime_py.parity.comparator import LEGS, StepAgreement, compare, relative_error
from runtime_py.parity.replay import LegResult

LEG = "vision"
VISION_GRAPH, VISION_PROOF = "vision.onnx", "vision.safetensors"


@dataclass(frozen=True)
class VisionProof:
    """`pixels` uint8 `[n, side, side, 3]`, `rows` float32 `[n, tokens, hidden]`, n 2 or more.

    Raises `BundleError` for other arrays, rows that are not finite, and pictures that all give the same rows.
    """

    pixels: NDArray[np.uint8]
    rows: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Checks the arrays."""
        pixels, rows = self.pixels, self.rows
        is_square = pixels.dtype == np.uint8 and pixels.ndim == 4 and pixels.shape[1:] == (pixels.shape[1],) * 2 + (3,)
        if not is_square or rows.dtype != np.float32 or rows.ndim != 3 or len(pixels) != len(rows) or len(rows) < 2:
            raise _refused(
                "uint8 [n, side, side, 3] and float32 [n, tokens, hidden] of two pictures or more",
                f"{pixels.dtype} {list(pixels.shape)} and {rows.dtype} {list(rows.shape)}",
            )
        if not rows.size or not np.isfinite(rows).all():
            raise _refused("finite rows", "none, NaN or infinity")
        if (rows == rows[:1]).all():
            raise _refused("rows that differ from picture to picture", "the same ones: the graph sees nothing")

    @property
    def side(self) -> int:
        """Of the pictures, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def tokens(self) -> int:
        """Rows of a picture."""
        return int(self.rows.shape[1])

    @property
    def hidden(self) -> int:
        """Numbers of a row."""
        return int(self.rows.shape[2])


def read_vision_proof(folder: Path) -> VisionProof:
    """The proof in `folder`; raises `BundleError` when there is none, or none that proves anything."""
    try:
        tensors = load((folder / VISION_PROOF).read_bytes())
        return VisionProof(tensors["pixels"], tensors["rows"])
    except (OSError, SafetensorError, ValueError, KeyError) as e:
        raise _refused("safetensors with pixels and rows", str(e)[:200]) from e


def write_vision_proof(folder: Path, proof: VisionProof) -> None:
    """The same proof gives the same bytes."""
    tensors = {"pixels": np.ascontiguousarray(proof.pixels), "rows": np.ascontiguousarray(proof.rows)}
    write_file_atomic(folder / VISION_PROOF, save(tensors))


def replay_vision(
    operation: str, proof: VisionProof, encode: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
) -> LegResult:
    """The leg of an operation that reads pictures: what `encode` makes of the proof's pictures against its rows.

    A row of a picture counts as a step, equal when its error is within tolerance. What changes from one picture to the
    next stands for the adapter's effect: a graph that sees nothing fails.

    Raises `BundleError` where `encode` makes rows of other shapes.
    """
    most = LEGS[LEG].max_relative_error
    got = np.stack([encode(pixels) for pixels in proof.pixels])
    if got.shape != proof.rows.shape:
        raise BundleError(
            f"foreign {VISION_PROOF}: expected rows {list(got.shape[1:])} of a picture, as the graph makes, got "
            f"{list(proof.rows.shape[1:])}; export the bundle again",
            "unlinkable parts",
        )
    agreement = StepAgreement()
    for picture, (want, have) in enumerate(zip(proof.rows, got, strict=True)):
        steps = list(range(len(want)))
        equal = [step if relative_error(want[step], have[step]) <= most else -1 for step in steps]
        agreement.add(picture, steps, equal, [0.0] * len(steps))
    effect = min(relative_error(one, other) for one, other in pairwise(got))
    return LegResult(operation, LEG, compare({"rows": proof.rows}, {"rows": got}, most), agreement, effect)


def _refused(expected: str, got: str) -> BundleError:
    return BundleError(f"wrong {VISION_PROOF}: expected {expected}, got {got}; write it again", "invalid values")
