"""The experts for SmolLM2-135M in this repository: where they come from, and what they still can."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from distill.training.config import load_config
from runtime_py.files import read_manifest
from tests.models.earlier import run_at

MODEL = Path(__file__).parents[2] / "models" / "smollm2-135m"
EXPERTS = ("generate", "select")
PASSES = 8  # `memlora import written --passes`
TAUGHT_AT = "f16ab969c19141b3371acc9a5490d7f851cd2ede"
"""The commit whose corpus they were taught on; it has been corrected and doubled since."""
MAKE_ROWS = """
import hashlib, json, sys
from distill.datasets.natural import written_rows
from runtime_py.files import write_example

made = {}
for expert in sys.argv[2:]:
    for split in ("train", "validation"):
        sha256 = hashlib.sha256()
        for row in written_rows(expert, split, int(sys.argv[1])):
            sha256.update((write_example(row) + "\\n").encode())
        made.setdefault(expert, {})[split] = sha256.hexdigest()
print(json.dumps(made))
"""
BASE = "5e4843921ee681fe39f34e24997fc75c241bc6c56391e15d550f80920675dcd5"


def config_of(expert: str) -> dict[str, Any]:
    """What the expert's manifest says it was made from."""
    config: dict[str, Any] = read_manifest(MODEL / "adapters" / expert, "adapter")["config"]
    return config


@pytest.fixture(scope="module")
def rows_sha256(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Hex sha256 of the rows of each expert and split that the code and corpus of `TAUGHT_AT` make."""
    folder = tmp_path_factory.mktemp("taught")
    found: dict[str, dict[str, str]] = run_at(TAUGHT_AT, MAKE_ROWS, folder, str(PASSES), *EXPERTS)
    return found


@pytest.mark.parametrize("expert", EXPERTS)
def test_the_rows_it_was_taught_on_regenerate_byte_for_byte(
    expert: str, rows_sha256: dict[str, dict[str, str]]
) -> None:
    assert rows_sha256[expert] == config_of(expert)["data_sha256"]


@pytest.mark.parametrize("expert", EXPERTS)
def test_it_was_taught_by_the_preset(expert: str) -> None:
    assert config_of(expert)["training"] == asdict(load_config(expert, "smollm2"))


@pytest.mark.parametrize("expert", EXPERTS)
def test_it_is_small_and_in_half_precision(expert: str) -> None:
    path = MODEL / "adapters" / expert / "adapter_model.safetensors"
    assert path.stat().st_size <= 8_000_000
    assert {values.dtype for values in load_file(path).values()} == {np.dtype(np.float16)}


@pytest.fixture(scope="module")
def bundle(smollm2_base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The bundle for ONNX Runtime, and its parity rows."""
    from export.bundle import BundleConfig, OperationSource, export_bundle, find_adapters

    out = tmp_path_factory.mktemp("smollm2-bundle") / "bundle"
    sources = {name: OperationSource(smollm2_base, path) for name, path in find_adapters(MODEL / "adapters").items()}
    return out, export_bundle(sources, out, BundleConfig("smollm2", ("onnx",), 10), lambda _stage: None)


@pytest.mark.slow
def test_the_base_is_the_one_they_were_taught_on(smollm2_base: Path) -> None:
    from runtime_py.weights import QuantizedBase

    assert QuantizedBase.open(smollm2_base).sha256 == BASE
    assert {config_of(expert)["base_sha256"] for expert in EXPERTS} == {BASE}


@pytest.mark.slow
def test_greedy_tokens_equal_torch_at_every_step(bundle: tuple[Path, list[dict[str, Any]]]) -> None:
    rows = [row for row in bundle[1] if row["leg"] == "torch_arbiter"]
    assert len(rows) == len(EXPERTS)
    assert all(row["equal_steps"] == row["steps"] > 0 for row in rows)
