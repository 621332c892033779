"""A tiny base and made-up facts: half of the pictures say one thing, half another."""

import json
from pathlib import Path

import numpy as np
import pytest

from distill.vision.features import Features
from distill.vision.told import FACTS
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
    """Pictures with an odd number have another number of things than those with an even one."""
    source = np.random.default_rng(0)
    shares = {
        name: source.dirichlet(np.ones(len(fact.words)), (COUNT, fact.end - fact.first)).astype(np.float32)
        for name, fact in FACTS.items()
    }
    shares["total"][:] = 0
    shares["total"][1::2, :, 1] = shares["total"][::2, :, 2] = 1
    return Features(shares, {f"p{number}.png": number for number in range(COUNT)})
