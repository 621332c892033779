"""A memory without `extract` and `update`: `select` is another form of the one, code decides in place of the other."""

import json
from pathlib import Path

import pytest

import memlora
from export.bundle import find_adapters
from memlora_cli.main import main
from runtime_py.bundle import Bundle, Experts
from runtime_py.errors import ConfigError
from runtime_py.operations.extract import Message
from runtime_py.operations.select import SelectInput
from runtime_py.parity import read_golden
from tests.conftest import write_adapter

HELD = ["generate", "select"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, base: Path) -> Path:
    """Random experts of `HELD` for ONNX Runtime, exported by the command."""
    folder = tmp_path_factory.mktemp("forms")
    for seed, name in enumerate(HELD):
        write_adapter(folder / "adapters" / name, checkpoint, name, seed=20 + seed)
    given = ["--adapters", str(folder / "adapters"), "--out", str(folder / "bundle"), "--target", "onnx"]
    assert main(["export", str(base), *given, "--golden-prompts", "8"]) == 0
    return folder / "bundle"


def test_it_opens_and_its_select_writes_numbers(bundle: Path) -> None:
    opened = Bundle.open(bundle)
    assert opened.operations == HELD
    said = SelectInput((Message("user", "Ana", "Hi! I sing."),), None)
    assert isinstance(Experts.of_memory(opened).run("select", said).value, list)
    page = (bundle.parent / f"{bundle.name}.report.html").read_text("utf-8")
    assert "sentences to keep" in page
    assert "by rules" in page
    assert "facts as JSON" not in page


def test_verify_replays_its_goldens(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(bundle), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["operation"], row["leg"], row["passed"]) for row in rows] == [(n, "onnx", True) for n in HELD]
    golden = Bundle.open(bundle).golden("select")
    assert golden is not None
    assert len(read_golden(golden).prompts) == 8


def test_eval_scores_what_it_holds(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = ["corpus", "--out", str(tmp_path / "data"), "--rows", "1", "--held-out-rows", "2", "--dialogues", "1"]
    assert main(corpus) == 0
    capsys.readouterr()
    asked = ["eval", str(bundle), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--split", "test"]
    assert main([*asked, "--no-end-to-end", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["splits"]["test"]["operations"]
    assert sorted(figures) == HELD
    assert figures["select"]["experts"]["valid JSON"]["k"] == 2
    assert {"sentence F1", "all sentences exact"} <= set(figures["select"]["base"])


def test_it_makes_a_memory(bundle: Path, tmp_path: Path) -> None:
    """Random experts, so what is kept and answered is open; that rules stand in for the missing expert is not."""
    with memlora.open(bundle, tmp_path / "memory.db") as memory:
        told = memory.add("I sing. I live in Kluvo.", "ana")
        assert told["status"] in ("stored", "empty")
        assert {row["event"] for row in told["results"]} <= {"ADD"}
        assert isinstance(memory.ask("Where do I live?", "ana")["answer"], str)


@pytest.mark.parametrize("held", [["select"], ["generate", "update"], []])
def test_adapters_that_make_no_memory_are_refused(held: list[str], tmp_path: Path) -> None:
    for name in held:
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"expected a memory's experts \(extract or select and generate\), found"):
        find_adapters(tmp_path)


def test_two_folders_hold_each_operation_once(tmp_path: Path) -> None:
    for path in ("texts/select", "texts/generate", "eyes/vqa", "more/generate"):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "adapter_config.json").write_text("{}")
    assert sorted(find_adapters(tmp_path / "texts", tmp_path / "eyes")) == ["generate", "select", "vqa"]
    with pytest.raises(ConfigError, match=r"two adapters: expected one of generate, got .*texts/generate and .*more"):
        find_adapters(tmp_path / "texts", tmp_path / "more")
