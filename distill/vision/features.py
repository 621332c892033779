"""What the frozen tower makes of every picture of a dataset, computed once and kept in files.

`<split>.<stride>.npy` is float16 `[pictures, places, channels]`, in the order of the names in `<split>.json`. A
computation that was stopped goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from distill.vision.tower import SIDE, STRIDES, Tower, weights_file
from runtime_py.errors import ConfigError, ImageError
from runtime_py.files import MANIFEST, parse_json, sha256_file, write_json
from runtime_py.images import decode, square
from runtime_py.progress import Progress, silent

_BATCH = 16


@dataclass(frozen=True)
class Features:
    """`maps[stride]` is float16 `[pictures, places, channels]`; `place` gives a picture's row by its name."""

    maps: dict[int, NDArray[np.float16]]
    place: dict[str, int]

    def of(self, pictures: Sequence[str]) -> dict[int, torch.Tensor]:
        """The maps of these pictures, float32 `[B, places, channels]` by stride."""
        rows = [self.place[name] for name in pictures]
        return {stride: torch.from_numpy(found[rows].astype(np.float32)) for stride, found in self.maps.items()}


def read_square(path: Path, side: int) -> NDArray[np.uint8]:
    """The picture as uint8 `[side, side, 3]`: as large as it fits, in the middle, grey around it.

    Raises:
        ConfigError: no picture is there.
    """
    try:
        return square(decode(path.read_bytes(), str(path)), side)
    except (OSError, ImageError) as e:
        raise ConfigError(f"{path}: expected a picture, got none that can be read ({e}); paint the scenes again") from e


def pixels(path: Path) -> NDArray[np.uint8]:
    """`read_square` as uint8 `[3, 224, 224]`. Raises `ConfigError`."""
    return np.ascontiguousarray(read_square(path, SIDE).transpose(2, 0, 1))


def compute_features(
    dataset: Path, names: Sequence[str], split: str, out: Path, progress: Progress = silent
) -> Features:
    """The features of the pictures called `names` in `dataset`, from `out` or computed.

    Raises:
        ConfigError: pictures that cannot be read.
    """
    shapes = {stride: (len(names), (SIDE // stride) ** 2, width) for stride, (_, width) in STRIDES.items()}
    made_from = {
        "tower": sha256_file(weights_file()),
        "pictures": sha256_file(dataset / MANIFEST),
        "names": list(names),
    }
    out.mkdir(parents=True, exist_ok=True)
    record = out / f"{split}.json"
    state: dict[str, Any] = parse_json(record.read_bytes(), record.name) if record.is_file() else {}
    done = int(state["done"]) if {k: state.get(k) for k in made_from} == made_from else 0
    files = {stride: out / f"{split}.{stride}.npy" for stride in STRIDES}
    maps = {
        stride: np.lib.format.open_memmap(
            files[stride], "r+" if done else "w+", dtype=np.float16, shape=None if done else shapes[stride]
        )
        for stride in STRIDES
    }
    tower = Tower() if done < len(names) else None
    while tower is not None and done < len(names):
        batch = names[done : done + _BATCH]
        given = torch.from_numpy(np.stack([pixels(dataset / name) for name in batch])).float()
        with torch.inference_mode():
            made = tower(given)
        for stride, found in made.items():
            maps[stride][done : done + len(batch)] = found.flatten(2).transpose(1, 2).half().numpy()
            maps[stride].flush()
        done += len(batch)
        write_json(record, {**made_from, "done": done})
        progress(f"features, {split}", done, len(names))
    places = {name: place for place, name in enumerate(names)}
    return Features({stride: np.load(file, mmap_mode="r") for stride, file in files.items()}, places)
