"""The training log: what training writes, the report reads."""

import re
from pathlib import Path

import pytest

from distill.training.progress import write_log
from export.report.page import render_report
from runtime_py.errors import ConfigError
from runtime_py.files import LogEntry, read_training_log


def history() -> list[dict[str, float]]:
    """As `transformers.Trainer` keeps it."""
    return [
        {"step": 20, "loss": 2.5, "learning_rate": 1e-3, "grad_norm": 1.0, "epoch": 0.1},
        {"step": 20, "eval_loss": 2.25, "eval_runtime": 1.0, "epoch": 0.1},
        {"step": 40, "loss": 1.5, "learning_rate": 5e-4, "grad_norm": 1.0, "epoch": 0.2},
        {"step": 40, "eval_loss": 1.75, "eval_runtime": 1.0, "epoch": 0.2},
        {"step": 40, "train_runtime": 3.0, "train_loss": 2.0},
    ]


def test_what_training_writes_is_read_back(tmp_path: Path) -> None:
    write_log(tmp_path / "train_log.jsonl", history())
    assert read_training_log(tmp_path / "train_log.jsonl") == [
        LogEntry(20, 2.5, 1e-3),
        LogEntry(20, validation_loss=2.25),
        LogEntry(40, 1.5, 5e-4),
        LogEntry(40, validation_loss=1.75),
    ]


def test_the_report_draws_the_validation_curve_of_a_written_log(tmp_path: Path) -> None:
    write_log(tmp_path / "train_log.jsonl", history())
    (tmp_path / "bundle").mkdir()
    page = render_report(
        tmp_path / "bundle", {"training": {"extract": read_training_log(tmp_path / "train_log.jsonl")}}
    )
    described = re.findall(r"<desc[^>]*>(training[^<]*)</desc>", page)
    assert described == ["training from 2.5 to 1.5; validation from 2.25 to 1.75"]


def test_what_is_no_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train_log.jsonl"
    path.write_text('{"step": 20, "loss": 2.5}\n{"step": 20, "eval_loss": 2.25}\n')
    with pytest.raises(ConfigError, match=r"jsonl:2: .*unknown key 'eval_loss'; did you mean 'validation_loss'"):
        read_training_log(path)
