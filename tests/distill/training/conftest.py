"""One small expert on a tiny base, and what it was trained on."""

import json
from pathlib import Path

import pytest

from distill.training import train_expert
from tests.distill.training.small import CONFIG, row


@pytest.fixture(scope="session")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from calibration.quantize import quantize_checkpoint

    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets")
    for operation in ("extract", "generate"):
        (folder / operation).mkdir()
        for split, count in (("train", 30), ("validation", 8)):
            rows = [row(operation, split, i) for i in range(count)]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / operation / f"{split}.jsonl").write_text(text)
    return folder


@pytest.fixture(scope="session")
def expert(base: Path, datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_expert("extract", base, datasets, tmp_path_factory.mktemp("adapters"), CONFIG)
