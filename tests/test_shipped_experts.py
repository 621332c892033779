"""The experts in this repository on the base in this repository: still what their card says, on unseen people.

The floors are below the card's figures, which come from larger samples: `memlora eval`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from runtime_py import operations
from runtime_py.files.artifact import read_manifest, sha256_file

MODEL = Path(__file__).parents[1] / "models" / "memlora-tiny"
ADAPTERS = MODEL / "adapters"
OPERATIONS = operations.names()
ROWS, DIALOGUES = 60, 9  # fewer dialogues are decided by a question or two
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> dict[str, Any]:
    """The synthetic suite on a bundle of the shipped experts."""
    from evaluation.suites import evaluate_synthetic
    from memlora_cli.bundle.corpus import make_corpus

    folder = tmp_path_factory.mktemp("shipped")
    make_corpus(folder / "data", 1, ROWS, DIALOGUES, seed=5)
    figures = evaluate_synthetic(
        tiny_bundle,
        folder / "data",
        folder / "results",
        ("test",),
        models=("experts",),
        stage_sets=("experts",),
    )
    return {"parity": json.loads((tiny_bundle / "parity.json").read_text("utf-8")), **figures["splits"]["test"]}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_experts_name_the_base_that_quantizing_gives(operation: str, tiny_base: Path) -> None:
    index = json.loads((tiny_base / "base.index.json").read_text("utf-8"))
    assert read_manifest(ADAPTERS / operation, "adapter")["config"]["base_sha256"] == index["sha256"]


def test_greedy_tokens_equal_torch(result: dict[str, Any]) -> None:
    rows = [row for row in result["parity"] if row["leg"] == "torch_arbiter"]
    assert sum(row["steps"] for row in rows) >= 2000
    assert all(row["equal_steps"] == row["steps"] for row in rows)


def test_output_is_always_valid(result: dict[str, Any]) -> None:
    for operation in ("extract", "update"):
        figure = result["operations"][operation]["experts"]["valid JSON"]
        assert (figure["k"], figure["n"]) == (ROWS, ROWS)


def test_experts_keep_their_skill(result: dict[str, Any]) -> None:
    experts = {name: result["operations"][name]["experts"] for name in OPERATIONS}
    assert experts["extract"]["fact F1"]["value"] >= 0.7
    assert experts["update"]["event and id"]["value"] >= 0.7
    assert experts["generate"]["exact"]["value"] >= 0.75
    assert result["end_to_end"]["experts"]["all"]["value"] >= 0.5


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_card_shows_the_committed_losses(operation: str) -> None:
    """The manifest's files are the files that lie there: nothing was edited after training."""
    manifest = read_manifest(ADAPTERS / operation, "adapter")
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
        name: sha256_file(ADAPTERS / operation / name) for name in manifest["files"]
    }
