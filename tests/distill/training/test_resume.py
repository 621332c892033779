"""A training that was ended goes on to the same weights."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from distill.training import train_expert
from runtime_py.files import read_manifest
from tests.distill.training.small import CONFIG, WEIGHTS, Stop, stop_at


def test_broken_off_run_ends_with_the_same_weights(expert: Path, base: Path, datasets: Path, tmp_path: Path) -> None:
    for step in (6, 11):  # once before and once after the checkpoint of step 8
        with pytest.raises(Stop):
            train_expert("extract", base, datasets, tmp_path, CONFIG, callbacks=[stop_at(step)])
    kept = sorted(path.name for path in (tmp_path / ".extract.training").glob("checkpoint-*"))
    assert kept == ["checkpoint-4", "checkpoint-8"]
    assert not (tmp_path / "extract").exists()
    half = tmp_path / ".extract.training" / "checkpoint-9"  # as if killed while it was written
    half.mkdir()
    (half / "trainer_state.json").write_text("{")
    folder = train_expert("extract", base, datasets, tmp_path, CONFIG)
    assert (folder / WEIGHTS).read_bytes() == (expert / WEIGHTS).read_bytes()
    assert (folder / "train_log.jsonl").read_text() == (expert / "train_log.jsonl").read_text()
    assert read_manifest(folder)["facts"]["timed_steps"] == 4


@pytest.mark.slow
def test_killed_process_goes_on_to_the_same_weights(base: Path, datasets: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=60, evaluate_every=10)
    program = (
        "from pathlib import Path; from distill.training import TrainingConfig, train_expert; "
        f"train_expert('extract', Path({str(base)!r}), Path({str(datasets)!r}), Path(__import__('sys').argv[1]), "
        f"{config!r})"
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([sys.executable, "-c", program, whole], check=True, env={**os.environ, "PYTHONPATH": "."})
    process = subprocess.Popen([sys.executable, "-c", program, killed], env={**os.environ, "PYTHONPATH": "."})
    deadline = time.monotonic() + 300
    while not list(killed.glob(".extract.training/checkpoint-*/complete")) and time.monotonic() < deadline:
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "extract").exists()
    subprocess.run([sys.executable, "-c", program, killed], check=True, env={**os.environ, "PYTHONPATH": "."})
    assert (killed / "extract" / WEIGHTS).read_bytes() == (whole / "extract" / WEIGHTS).read_bytes()
    assert read_manifest(killed / "extract")["facts"]["timed_steps"] < 60


def test_other_config_starts_anew(base: Path, datasets: Path, tmp_path: Path) -> None:
    with pytest.raises(Stop):
        train_expert("extract", base, datasets, tmp_path, CONFIG, callbacks=[stop_at(6)])
    folder = train_expert("extract", base, datasets, tmp_path, replace(CONFIG, steps=4))
    assert read_manifest(folder)["facts"]["timed_steps"] == 4
