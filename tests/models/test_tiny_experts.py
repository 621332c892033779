"""The experts of the embedded base: their rows regenerate, and one was taught by today's preset."""

import hashlib
import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from distill.corpus import generate_dialogues
from distill.datasets import build_datasets
from distill.training.config import load_config
from runtime_py.files import read_manifest, write_example
from tests.models.earlier import run_at

ADAPTERS = Path(__file__).parents[2] / "models" / "memlora-tiny" / "adapters"
ROWS = {"train": 40_000, "validation": 1_000}  # `memlora corpus --rows 40000 --held-out-rows 1000 --seed 0`
ENOUGH = 10**9
TAUGHT_AT = "dde7818d6a5606d82364360b29d41d9814173945"
"""The commit whose rows `generate` and `update` know; today's code writes others."""
MAKE_ROWS = """
import hashlib, json, sys
from itertools import islice
from distill.corpus.generate import generate_dialogues
from distill.datasets.build import build_datasets, dumps

expert, rows, made = sys.argv[1], json.loads(sys.argv[2]), {}
for split, count in rows.items():
    sha256 = hashlib.sha256()
    for row in islice(build_datasets(generate_dialogues(split, 10**9, 0), expert), count):
        sha256.update((dumps(row) + "\\n").encode())
    made[split] = sha256.hexdigest()
print(json.dumps(made))
"""


def config_of(expert: str) -> dict[str, Any]:
    """What the expert's manifest says it was made from."""
    config: dict[str, Any] = read_manifest(ADAPTERS / expert, "adapter")["config"]
    return config


@pytest.mark.parametrize("split", ["validation", pytest.param("train", marks=pytest.mark.slow)])
def test_the_rows_of_extract_regenerate_from_todays_code(split: str) -> None:
    sha256 = hashlib.sha256()
    for row in islice(build_datasets(generate_dialogues(split, ENOUGH, 0), "extract"), ROWS[split]):
        sha256.update((write_example(row) + "\n").encode())
    assert sha256.hexdigest() == config_of("extract")["data_sha256"][split]


@pytest.mark.slow
@pytest.mark.parametrize("expert", ["generate", "update"])
def test_the_rows_of_the_others_regenerate_from_the_commit_that_taught_them(expert: str, tmp_path: Path) -> None:
    assert run_at(TAUGHT_AT, MAKE_ROWS, tmp_path, expert, json.dumps(ROWS)) == config_of(expert)["data_sha256"]


def test_it_was_taught_by_the_preset() -> None:
    assert config_of("extract")["training"] == asdict(load_config("extract", "full"))
