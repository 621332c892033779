"""`memlora bench`: figures over a fake engine, given answers followed to the letter, refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.bench import tables as bench_tables
from evaluation.bench.bench import BenchConfig, measure_bundle, spread
from evaluation.bench.script import ScriptedEngine, ScriptedOperation, turn_row
from memlora_cli.main import main
from runtime_py import operations
from runtime_py.bundle import bundle as bundle_module
from runtime_py.bundle.bundle import Bundle
from runtime_py.engines.fake import FakeEngine
from runtime_py.errors import ConfigError
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generate import DatedMemory, GenerateInput
from runtime_py.operations.select import SelectInput
from runtime_py.operations.update import UpdateInput
from tests.bundles.edits import vision
from tests.bundles.good import CONTEXT, VOCAB, write_good

GIVEN: dict[str, Any] = {
    "extract": ExtractInput((Message("user", "Ann", "I am 9"),), None),
    "select": SelectInput((Message("user", "Ann", "I am 9"),), None),
    "update": UpdateInput(("Ann is 8",), ("Ann is 9",)),
    "generate": GenerateInput("How old is Ann?", (DatedMemory("Ann is 9", None),)),
}
ON_TEXT = [name for name in operations.all_names() if name not in operations.pictured()]
QUICK = BenchConfig(prompt_tokens=8, decode_tokens=4, repeats=2)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "bundle"
    write_good(folder, operations.all_names())  # one that reads pictures is left out
    vision()(folder)
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[FakeEngine]:
    """The engines that a measurement opens."""
    engines: list[FakeEngine] = []

    def open_fake(*_given: Any) -> FakeEngine:
        engines.append(FakeEngine(VOCAB, CONTEXT))
        return engines[-1]

    monkeypatch.setattr(bundle_module, "open_engine", open_fake)
    return engines


def test_a_given_answer_is_followed_over_random_logits(bundle: Path) -> None:
    opened = Bundle.open(bundle, verify=False)
    for name in ON_TEXT:
        engine = FakeEngine(VOCAB, CONTEXT)
        text = {"extract": '{"facts":["Ann is 9"]}', "select": '{"keep":[1]}', "update": '{"memory":[]}'}.get(name, "9")
        call = ScriptedOperation(opened, name, engine).call(GIVEN[name], text)
        assert call.answer_tokens == len(opened.tokenizer.encode(text))
        assert call.steps + call.forced + call.accepted >= call.answer_tokens
        assert engine.feeds >= call.steps > 0
        assert 0 < call.first_token_ms <= call.total_ms


def test_every_call_feeds_the_whole_text_again(bundle: Path) -> None:
    """Reuse between calls with the same text would be a figure that no user gets; only the fixed prefix is kept."""
    opened, engine = Bundle.open(bundle, verify=False), FakeEngine(VOCAB, CONTEXT)
    expert = ScriptedOperation(opened, "generate", engine)
    expert.call(GIVEN["generate"], "nine")
    before = engine.fed
    call = expert.call(GIVEN["generate"], "nine")
    assert engine.fed - before >= call.prompt_tokens - len(opened.prompt("generate").prefix_tokens)


def test_only_the_scripts_tokens_win(bundle: Path) -> None:
    engine = ScriptedEngine(FakeEngine(VOCAB, CONTEXT))
    engine.follow([5, 6], [7, 8])
    assert engine.feed([5, 6]).argmax() == 7
    assert engine.feed([7, 9], all_logits=True).argmax(axis=1).tolist()[0] == 8
    plain = FakeEngine(VOCAB, CONTEXT)
    assert (engine.feed([3]) == plain.feed([5, 6, 7, 9, 3])).all()


def test_figures_of_a_bundle(bundle: Path, opened: list[FakeEngine]) -> None:
    stages: list[str] = []
    result = measure_bundle(bundle, QUICK, stages.append)
    assert len(opened) == 2 * len(ON_TEXT) == 2 * len(result["operations"])  # steps, and the turn
    assert stages
    for row in result["operations"].values():
        for key in ("prefill_tokens_per_s", "decode_tokens_per_s", "first_token_ms", "call_ms"):
            assert 0 < row[key]["low"] <= row[key]["median"] <= row[key]["high"]
            assert row[key]["n"] == QUICK.repeats
        assert row["turn"]["prompt_tokens"] + row["turn"]["answer_tokens"] <= CONTEXT
    assert result["size_bytes"]["total"] == sum(f.stat().st_size for f in bundle.rglob("*") if f.is_file())
    assert result["size_bytes"]["base"] == (bundle / "base.ptd").stat().st_size
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (BenchConfig(prompt_tokens=CONTEXT), "too many tokens: expected at most"),
        (BenchConfig(repeats=0), "nothing to measure"),
        (BenchConfig(prompt_tokens=8, threads=-1), "wrong number of threads"),
    ],
)
def test_what_cannot_be_measured(config: BenchConfig, message: str, bundle: Path, opened: list[FakeEngine]) -> None:
    with pytest.raises(ConfigError, match=message):
        measure_bundle(bundle, config, lambda _stage: None)
    assert not opened


def test_command_prints_json_and_draws(
    bundle: Path, opened: list[FakeEngine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "bench.svg"
    asked = ["bench", "quick", str(bundle), "--prompt", "8", "--decode", "4", "--repeats", "1", "--plot", str(plot)]
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == "onnx"
    assert "generate" in plot.read_text("utf-8")
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ON_TEXT)


def test_no_matplotlib_is_said_before_anything_is_measured(
    bundle: Path, opened: list[FakeEngine], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_tables, "find_spec", lambda _name: None)
    assert main(["bench", "quick", str(bundle), "--plot", "x.png"]) == 2
    assert "pip install 'memlora[bench]'" in capsys.readouterr().err
    assert not opened


def test_an_unknown_engine_is_one_sentence(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "quick", str(bundle), "--engine", "onyx", "--prompt", "8", "--decode", "4"]) == 2
    error = capsys.readouterr().err
    assert "unknown engine: expected one of executorch, onnx, qnn, got 'onyx'" in error


def test_the_turn_is_what_its_operations_would_write() -> None:
    for name in ON_TEXT:
        row, operation = turn_row(name), operations.get(name)
        assert operation.render_output(operation.parse(row.target)) == row.target
        assert len(operation.render(operation.read_input(row.input))) > 900


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "low": 1.0, "high": 3.0, "n": 3}
