"""The experts of the embedded base: their rows regenerate, and they were taught by today's preset."""

import hashlib
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from distill.corpus import generate_dialogues
from distill.datasets import build_datasets
from distill.training.config import load_config
from runtime_py import operations
from runtime_py.files import read_manifest, write_example

ADAPTERS = Path(__file__).parents[2] / "models" / "memlora-tiny" / "adapters"
ROWS = {"train": 40_000, "validation": 1_000}  # `memlora corpus --rows 40000 --held-out-rows 1000 --seed 0`
ENOUGH = 10**9
EXPERTS = operations.names()


def config_of(expert: str) -> dict[str, Any]:
    """What the expert's manifest says it was made from."""
    config: dict[str, Any] = read_manifest(ADAPTERS / expert, "adapter")["config"]
    return config


@pytest.mark.parametrize("expert", EXPERTS)
@pytest.mark.parametrize("split", ["validation", pytest.param("train", marks=pytest.mark.slow)])
def test_the_rows_they_were_taught_on_regenerate(expert: str, split: str) -> None:
    sha256 = hashlib.sha256()
    for row in islice(build_datasets(generate_dialogues(split, ENOUGH, 0), expert), ROWS[split]):
        sha256.update((write_example(row) + "\n").encode())
    assert sha256.hexdigest() == config_of(expert)["data_sha256"][split]


@pytest.mark.parametrize("expert", EXPERTS)
def test_they_were_taught_by_the_preset(expert: str) -> None:
    assert config_of(expert)["training"] == asdict(load_config(expert, "full"))
