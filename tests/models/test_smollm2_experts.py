"""The experts for SmolLM2-135M in this repository: where they come from, and what they still can."""

from dataclasses import asdict, dataclass
from itertools import pairwise
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
WEIGHTS = "adapter_model.safetensors"
# The passes over the dialogues, and the experts, differ in what they draw of the same reading: it is done once.
MAKE_ROWS = """
import hashlib, json, sys
from functools import cache
from distill.datasets import natural
from runtime_py.files import write_example

def once(room, name):
    read = getattr(room, name)
    setattr(room, name, cache(lambda *given, **named: tuple(read(*given, **named))))

once(sys.modules["runtime_py.text.days.annotate"], "expressions")
once(natural, "natural_dialogues")
if hasattr(natural, "broad_dialogues"):
    once(natural, "broad_dialogues")

made, numbers = {}, [int(number) for number in sys.argv[1].split()]
for expert in sys.argv[2:]:
    for split in ("train", "validation"):
        sha256 = hashlib.sha256()
        for row in natural.written_rows(expert, split, *numbers):
            sha256.update((write_example(row) + "\\n").encode())
        made.setdefault(expert, {})[split] = sha256.hexdigest()
print(json.dumps(made))
"""
BASE = "5e4843921ee681fe39f34e24997fc75c241bc6c56391e15d550f80920675dcd5"


@dataclass(frozen=True)
class Stage:
    """A training: its manifests, its preset, each expert's commit, the `--passes` and `--broad` of its rows."""

    folder: Path
    preset: str
    commits: dict[str, str]
    rows: dict[str, str]

    def config(self, expert: str) -> dict[str, Any]:
        """What the expert's manifest says it was made from."""
        config: dict[str, Any] = read_manifest(self.folder / expert, "adapter")["config"]
        return config


STAGES = {
    "first": Stage(
        MODEL / "first_stage",
        "smollm2",
        dict.fromkeys(EXPERTS, "f16ab969c19141b3371acc9a5490d7f851cd2ede"),
        dict.fromkeys(EXPERTS, "8"),
    ),
    "second": Stage(
        MODEL / "second_stage",
        "smollm2-second",
        dict.fromkeys(EXPERTS, "1334266299125933a461fd215d176cf5eef24374"),
        dict.fromkeys(EXPERTS, "8 90"),
    ),
    "third": Stage(
        MODEL / "adapters",
        "smollm2-third",
        {"generate": "986bfe5984c980ef42081170241ecfc0f067877f", "select": "9a3afbbfdc17dd7a58fa286ad913c11bac7c3de2"},
        {"generate": "4 40", "select": "2 40"},
    ),
}


@pytest.fixture(scope="module", params=STAGES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return STAGES[request.param]


@pytest.mark.slow
def test_the_rows_they_were_taught_on_regenerate_byte_for_byte(stage: Stage, tmp_path: Path) -> None:
    for commit, rows in {(stage.commits[expert], stage.rows[expert]) for expert in EXPERTS}:
        taught = [expert for expert in EXPERTS if (stage.commits[expert], stage.rows[expert]) == (commit, rows)]
        made = run_at(commit, MAKE_ROWS, tmp_path / commit, rows, *taught)
        assert made == {expert: stage.config(expert)["data_sha256"] for expert in taught}


@pytest.mark.parametrize("expert", EXPERTS)
def test_they_were_taught_by_the_presets(stage: Stage, expert: str) -> None:
    assert stage.config(expert)["training"] == asdict(load_config(expert, stage.preset))


@pytest.mark.parametrize("expert", EXPERTS)
@pytest.mark.parametrize(("before", "after"), pairwise(STAGES))
def test_each_stage_began_with_the_one_before(before: str, after: str, expert: str) -> None:
    begun = read_manifest(STAGES[before].folder / expert, "adapter")
    assert STAGES[after].config(expert)["start_sha256"] == begun["files"][WEIGHTS]["sha256"]


def test_the_card_says_which_is_a_mean_of_two_stages() -> None:
    facts = {
        (name, e): read_manifest(stage.folder / e, "adapter")["facts"]
        for name, stage in STAGES.items()
        for e in EXPERTS
    }
    assert [made for made, told in facts.items() if told.get("is_mean_with_start")] == [("second", "generate")]
    assert "experts2 --mean generate\n" in (MODEL / "README.md").read_text("utf-8")


@pytest.mark.parametrize("expert", EXPERTS)
def test_it_is_small_and_in_half_precision(expert: str) -> None:
    path = MODEL / "adapters" / expert / WEIGHTS
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
    assert {stage.config(expert)["base_sha256"] for stage in STAGES.values() for expert in EXPERTS} == {BASE}


@pytest.mark.slow
def test_greedy_tokens_equal_torch_at_every_step(bundle: tuple[Path, list[dict[str, Any]]]) -> None:
    rows = [row for row in bundle[1] if row["leg"] == "torch_arbiter"]
    assert len(rows) == len(EXPERTS)
    assert all(row["equal_steps"] == row["steps"] > 0 for row in rows)
