"""What is told of pictures: by an eye that looks at a dataset's, kept by their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from distill.vision.eye.eye import Eye
from distill.vision.tower import SIDE
from runtime_py.errors import ConfigError, ImageError
from runtime_py.images import decode, square
from runtime_py.progress import Progress, silent

_BATCH = 4


@dataclass(frozen=True)
class Features:
    """`shares[fact]` is float32 `[pictures, queries, words]`; `place` gives a picture's row by its name."""

    shares: dict[str, NDArray[np.float32]]
    place: dict[str, int]

    def of(self, pictures: Sequence[str]) -> dict[str, torch.Tensor]:
        """The shares of these pictures, `[B, queries, words]` by fact."""
        rows = [self.place[name] for name in pictures]
        return {name: torch.from_numpy(found[rows]) for name, found in self.shares.items()}


def read_square(path: Path, side: int) -> NDArray[np.uint8]:
    """The picture as uint8 `[side, side, 3]`: as large as it fits, in the middle, grey around it.

    Raises:
        ConfigError: no picture is there.
    """
    try:
        return square(decode(path.read_bytes(), str(path)), side)
    except (OSError, ImageError) as e:
        raise ConfigError(f"{path}: expected a picture, got none that can be read ({e}); paint the scenes again") from e


def look(eye: Eye, dataset: Path, names: Sequence[str], progress: Progress = silent) -> Features:
    """What the eye tells of the pictures called `names` in `dataset`.

    Raises:
        ConfigError: pictures that cannot be read.
    """
    told: dict[str, list[NDArray[np.float32]]] = {}
    for done in range(0, len(names), _BATCH):
        squares = [read_square(dataset / name, SIDE) for name in names[done : done + _BATCH]]
        pixels = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            shares = eye(pixels)
        for name, found in shares.items():
            told.setdefault(name, []).append(found.numpy())
        progress("pictures looked at", done + len(squares), len(names))
    return Features(
        {name: np.concatenate(found) for name, found in told.items()}, {name: row for row, name in enumerate(names)}
    )
