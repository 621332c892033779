"""A tiny base and made-up features: half of the pictures say one thing, half another."""

import json
from pathlib import Path

import numpy as np
import pytest

from distill.vision.features import Features
from distill.vision.tower import SIDE, STRIDES
from runtime_py.files import Example

COUNT = 12


@pytest.fixture(scope="session")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from calibration.quantize import quantize_checkpoint

    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


@pytest.fixture(scope="session")
def rows() -> list[Example]:
    return [
        Example(
            f"r{number}",
            {"image": f"p{number}.png", "question": "Which one is it?"},
            json.dumps({"answer": "1" if number % 2 else "2", "reason": "So."}, separators=(",", ":")),
            "odd" if number % 2 else "even",
        )
        for number in range(COUNT)
    ]


@pytest.fixture(scope="session")
def features() -> Features:
    """Pictures with an odd number have brighter maps."""
    source = np.random.default_rng(0)
    maps = {
        stride: source.standard_normal((COUNT, (SIDE // stride) ** 2, width)).astype(np.float16)
        for stride, (_, width) in STRIDES.items()
    }
    for made in maps.values():
        made[1::2, :, ::2] += 3
    return Features(maps, {f"p{number}.png": number for number in range(COUNT)})
