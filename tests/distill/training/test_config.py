"""Training options: presets, files, overrides and what they refuse."""

from dataclasses import fields
from pathlib import Path

import pytest

from distill.training import TrainingConfig, load_config, preset_names
from runtime_py import operations
from runtime_py.errors import ConfigError


@pytest.mark.parametrize("operation", operations.names())
@pytest.mark.parametrize("preset", ["quick", "full", "paper"])
def test_every_preset_is_read_for_every_operation(operation: str, preset: str) -> None:
    config = load_config(operation, preset)
    assert preset in preset_names()
    lora = (32, 32) if (preset, operation) == ("full", "generate") else (8, 16)
    assert (config.rank, config.alpha, config.weight_decay, config.beta1, config.beta2) == (*lora, 0.01, 0.9, 0.999)


def test_the_papers_recipe() -> None:
    config = load_config("extract", "paper")
    assert (config.dropout, config.epochs, config.precision, config.targets) == (0.1, 50, "bf16", None)


def test_file_overrides_preset_and_its_table_holds_for_one_operation(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text("steps = 7\nlearning_rate = 1\n[update]\nsteps = 9\n")
    assert load_config("extract", "quick", file).steps == 7
    assert load_config("extract", "quick", file).learning_rate == 1.0
    assert load_config("update", "quick", file).steps == 9
    assert load_config("update", "quick", file, steps=11, targets="all_linear").steps == 11


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rat = 1e-3", "did you mean 'learning_rate'"),
        ("[updat]\nsteps = 3", r"unknown table \[updat\], did you mean 'update'"),
        ("[update]\nstep = 3", "did you mean 'steps'"),
        ("steps = 3.5", "steps: expected int, got 3.5"),
        ("steps = true", "steps: expected int, got True"),
        ("steps = 0", "steps: expected more than 0, got 0"),
        ("dropout = 1.0", "dropout: expected 0 or more and less than 1"),
        ('schedule = "lienar"', "schedule: expected 'linear', 'cosine', 'constant', got 'lienar'"),
        ('targets = "qv"', "expected 'attention_qv', 'all_linear', NoneType, got 'qv'"),
        ("batch_size = 6\ngradient_accumulation = 4", "multiple of gradient_accumulation 4, got 6"),
        ("steps = ", "expected TOML"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "t.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config("extract", "quick", file)


def test_unknown_preset_operation_and_file(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match="expected one of full, paper, quick, smollm2, smollm2-second, smollm2-third, smollm2-vision, got 'fast'",
    ):
        load_config("extract", "fast")
    with pytest.raises(ConfigError, match="unknown operation"):
        load_config("extrakt")
    with pytest.raises(ConfigError, match="expected a TOML file, found none"):
        load_config("extract", "quick", tmp_path / "none.toml")


def test_every_option_can_be_overridden() -> None:
    given = {field.name: getattr(TrainingConfig(), field.name) for field in fields(TrainingConfig)}
    assert load_config("extract", "quick", **given) == TrainingConfig()
