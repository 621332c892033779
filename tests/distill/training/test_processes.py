"""Two processes train what one does, by either launcher of the command itself, and a run that goes on with one."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from distill.training import train_expert
from runtime_py.files import LogEntry, read_manifest, read_training_log
from tests.distill.training.launched import SETTINGS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
ERROR = 1e-4
"""Of a loss, relative: the same rows a step, whose gradients are summed in another order."""


TORCHRUN = "torch.distributed.run --nproc_per_node 2 --master_port 0 --rdzv_backend c10d --rdzv_endpoint localhost:0"
ACCELERATE = (  # --multi_gpu is its name for torch's own launcher; with --cpu it starts one process, or MPI's
    "accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no "
    "--dynamo_backend no --main_process_port 0"
)


def launch(launcher: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Two processes on the CPU."""
    command = [sys.executable, "-m", *launcher.split(), "-m", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def one(base: Path, datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> list[LogEntry]:
    folder = train_expert("extract", base, datasets, tmp_path_factory.mktemp("one"), SETTINGS)
    return read_training_log(folder / "train_log.jsonl")


def check_same(found: list[LogEntry], wanted: list[LogEntry], *names: str) -> None:
    assert [entry.step for entry in found] == [entry.step for entry in wanted]
    errors = {}
    for name in names:
        pairs = [(getattr(a, name), getattr(b, name)) for a, b in zip(found, wanted, strict=True)]
        assert all((a is None) == (b is None) for a, b in pairs)
        errors[name] = max(abs(a / b - 1) for a, b in pairs if a is not None)
    sys.stdout.write(f"largest relative difference of one process: {errors}\n")
    assert max(errors.values()) < ERROR


@pytest.mark.parametrize("launcher", [TORCHRUN, ACCELERATE], ids=["torchrun", "accelerate"])
def test_two_processes_have_the_losses_of_one(
    launcher: str, base: Path, datasets: Path, tmp_path: Path, one: list[LogEntry]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "datasets").symlink_to(datasets)
    changed = {name: value for name, value in asdict(SETTINGS).items() if value is not None}
    lines = [f"{name} = {repr(value) if isinstance(value, str) else value}\n" for name, value in changed.items()]
    (tmp_path / "small.toml").write_text("".join(lines))
    words = ["memlora_cli.main", "distill", base, "--data", tmp_path / "data", "--out", tmp_path / "two"]
    done = launch(launcher, *words, "--operation", "extract", "--config", tmp_path / "small.toml")
    assert done.returncode == 0, done.stderr[-3000:]
    check_same(read_training_log(tmp_path / "two" / "extract" / "train_log.jsonl"), one, "loss", "validation_loss")


def test_what_two_began_one_ends(base: Path, datasets: Path, tmp_path: Path, one: list[LogEntry]) -> None:
    assert launch(ACCELERATE, "tests.distill.training.launched", base, datasets, tmp_path, 6).returncode != 0
    assert (tmp_path / ".extract.training" / "checkpoint-4" / "complete").is_file()
    folder = train_expert("extract", base, datasets, tmp_path, SETTINGS)
    assert read_manifest(folder)["facts"]["timed_steps"] == 16
    check_same(read_training_log(folder / "train_log.jsonl"), one, "validation_loss")  # a mean since the start
