"""Time left by stage, from an earlier run."""

import json
from pathlib import Path

import pytest

from memlora_cli.bundle.stages import StageTimes, export_work, read_kept, stages


def test_time_left_is_that_of_the_run_before() -> None:
    clock = [0.0]
    times = StageTimes({"lower": 10.0, "prove": 30.0, "check": 5.0}, lambda: clock[0])
    assert times.left() == 45
    times.start("lower")
    clock[0] = 4
    assert times.left() == 41
    clock[0] = 25  # longer than before: the rest is still ahead
    assert times.left() == 35
    times.start("prove")
    clock[0] = 26
    assert times.left() == 34
    times.start("new")
    assert times.left() == 5
    times.end()
    assert times.seconds == {"lower": 25, "prove": 1, "new": 0}


def test_a_stage_that_comes_again_goes_on() -> None:
    clock = [0.0]
    times = StageTimes({"a": 10.0}, lambda: clock[0])
    for name in ("a", "b", "a"):
        times.start(name)
        clock[0] += 3
    assert times.left() == 4
    times.end()
    assert times.seconds == {"a": 6, "b": 3}
    assert StageTimes({}).left() is None


def test_only_work_that_was_done_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEMLORA_CACHE", str(tmp_path))
    kept = tmp_path / "stage_seconds.json"
    with pytest.raises(ZeroDivisionError), stages("work") as stage:
        stage(str(1 / 0))
    assert read_kept(kept) == {}
    with stages("work") as stage:
        stage("one")
        stage("two")
    assert list(read_kept(kept)["work"]) == ["one", "two"]
    shown = capsys.readouterr()
    assert "two" in shown.err
    assert not shown.out
    kept.write_text("{")
    assert read_kept(kept) == {}


def test_exports_of_one_shape_share_their_times(tmp_path: Path) -> None:
    (tmp_path / "hf").mkdir()
    config = {"model_type": "qwen2", "num_hidden_layers": 24, "hidden_size": 896}
    (tmp_path / "hf" / "config.json").write_text(json.dumps(config))
    named = export_work(tmp_path, ("onnx", "executorch"), ["update", "extract"])
    assert named == "export qwen2 24x896: extract, update; executorch, onnx"
    assert export_work(tmp_path, ("onnx",), ["extract"], merged=True) == "export qwen2 24x896, merged: extract; onnx"
