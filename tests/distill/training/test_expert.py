"""An expert trained on a tiny base: weights, what is kept, refusals."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from distill.training import train_expert
from distill.training.tokens import encode_rows
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples, read_manifest, sha256_file
from tests.distill.training.small import CONFIG, WEIGHTS, row


def test_expert_is_a_stock_peft_folder_that_learnt(expert: Path, base: Path, datasets: Path) -> None:
    import torch
    from peft import PeftModel

    from distill.training.model import load_base, open_chat

    assert sorted(path.name for path in expert.iterdir()) == [
        "adapter_config.json", WEIGHTS, "loss.png", "manifest.json", "train_log.jsonl",
    ]  # fmt: skip
    manifest = read_manifest(expert, "adapter")
    assert manifest["facts"]["steps"] == 12
    log = [json.loads(line) for line in (expert / "train_log.jsonl").read_text().splitlines()]
    validated = {row["step"]: row["validation_loss"] for row in log if "validation_loss" in row}
    assert list(validated) == [4, 8, 12]
    assert validated[manifest["facts"]["best_step"]] == manifest["facts"]["best_validation_loss"]

    model = PeftModel.from_pretrained(load_base(base, "int4"), expert).eval()
    adapted = {name.split(".lora_")[0].rpartition(".")[2] for name, _ in model.named_parameters() if ".lora_" in name}
    assert adapted == {"q_proj", "v_proj"}
    text, operation = open_chat(base / "hf"), operations.get("extract")
    rows = read_examples(datasets / "extract" / "validation.jsonl")[:1]
    row = encode_rows(rows, operation, text.prompt(operation), text.tokenizer, text.turn_end, 1000).rows[0]
    ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
    with torch.no_grad():
        with_expert = model(input_ids=ids, labels=labels).loss
        with model.disable_adapter():
            without = model(input_ids=ids, labels=labels).loss
    assert with_expert < 0.8 * without
    assert not list(expert.parent.glob(".*")), "no checkpoints are left"
    assert str(base) not in (expert / "adapter_config.json").read_text()


def test_generate_adapts_every_linear_layer(base: Path, datasets: Path, tmp_path: Path) -> None:
    folder = train_expert("generate", base, datasets, tmp_path, replace(CONFIG, steps=1))
    targets = json.loads((folder / "adapter_config.json").read_text())["target_modules"]
    assert targets == ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]


def test_a_second_stage_begins_where_the_first_ended(expert: Path, base: Path, datasets: Path, tmp_path: Path) -> None:
    tiny = replace(CONFIG, steps=1, learning_rate=1e-9)
    folder = train_expert("extract", base, datasets, tmp_path / "more", tiny, start=expert.parent)
    begun, went_on = load_file(expert / WEIGHTS), load_file(folder / WEIGHTS)
    for name, tensor in begun.items():
        np.testing.assert_allclose(went_on[name], tensor, atol=1e-7)
    config = read_manifest(folder, "adapter")["config"]
    assert config["start_sha256"] == sha256_file(expert / WEIGHTS)
    assert "start_sha256" not in read_manifest(expert, "adapter")["config"], "it would be another expert's identity"


def test_a_second_stage_of_other_settings_is_refused(expert: Path, base: Path, datasets: Path, tmp_path: Path) -> None:
    for other in (replace(CONFIG, rank=4), replace(CONFIG, alpha=1), replace(CONFIG, targets="all_linear")):
        with pytest.raises(ConfigError, match="train with its settings"):
            train_expert("extract", base, datasets, tmp_path, other, start=expert.parent)
    with pytest.raises(ConfigError, match="expected an expert with adapter_config"):
        train_expert("extract", base, datasets, tmp_path, CONFIG, start=tmp_path)


def test_current_expert_is_left_alone(expert: Path, base: Path, datasets: Path) -> None:
    before = (expert / WEIGHTS).stat().st_mtime_ns
    assert train_expert("extract", base, datasets, expert.parent, CONFIG) == expert
    assert (expert / WEIGHTS).stat().st_mtime_ns == before


def test_early_stop_keeps_the_best(base: Path, datasets: Path, tmp_path: Path) -> None:
    import torch
    from transformers import TrainerCallback

    class WorseFromStepEight(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _args: Any, state: Any, _control: Any, model: Any, **_given: Any) -> None:
            if state.global_step >= 8:
                with torch.no_grad():
                    for name, p in model.named_parameters():
                        if "lora_B" in name:
                            p.fill_(100.0)

    config = replace(CONFIG, steps=40, evaluate_every=2, patience=2)
    folder = train_expert("extract", base, datasets, tmp_path, config, callbacks=[WorseFromStepEight()])
    facts = read_manifest(folder)["facts"]
    assert facts["steps"] == facts["best_step"] + 4 <= 10
    assert all(np.abs(p).max() < 100 for name, p in load_file(folder / WEIGHTS).items() if "lora_B" in name)


def test_expert_of_another_base_is_not_overwritten(
    expert: Path, datasets: Path, tmp_path: Path, checkpoint: Path
) -> None:
    from calibration.quantize import quantize_checkpoint

    other = quantize_checkpoint(checkpoint, tmp_path / "base", group_size=64)
    with pytest.raises(ConfigError, match="expected no expert or one of base"):
        train_expert("extract", other, datasets, expert.parent, CONFIG)
    assert (expert / WEIGHTS).is_file()


def test_rows_beyond_the_context_are_counted_and_named(base: Path, datasets: Path, tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "extract"
    folder.mkdir(parents=True)
    for split in ("train", "validation"):
        rows = (datasets / "extract" / f"{split}.jsonl").read_text()
        long = row("extract", split, 0) | {"id": f"{split}-long", "target": "x" * 2000}
        (folder / f"{split}.jsonl").write_text(rows + json.dumps(long) + "\n")
    config = replace(CONFIG, steps=8, evaluate_every=8, validation_rows=9)  # enough for every row to be read
    made = train_expert("extract", base, tmp_path / "datasets", tmp_path, config)
    assert read_manifest(made)["facts"]["too_long"] == {"train": ["train-long"], "validation": ["validation-long"]}
    with pytest.raises(ConfigError, match=r"rows of at most 8 tokens, got 31 longer .*first is train-0"):
        train_expert("extract", base, tmp_path / "datasets", tmp_path / "new", replace(config, max_tokens=8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected at least one row, got an empty file"),
        ('{"id":"a","input":{}', r"train\.jsonl:1: expected a JSON object, got broken JSON"),
        ('{"id":"a","input":{},"target":""}', "expected a target text"),
        ('{"id":"a","input":{"date":null},"target":"x"}', "row a: expected an input of extract"),
        (None, "make the datasets first"),
    ],
)
def test_bad_data_is_refused(base: Path, datasets: Path, tmp_path: Path, text: str | None, message: str) -> None:
    (tmp_path / "extract").mkdir()
    (tmp_path / "extract" / "validation.jsonl").write_text((datasets / "extract" / "validation.jsonl").read_text())
    if text is not None:
        (tmp_path / "extract" / "train.jsonl").write_text(text)
    with pytest.raises(ConfigError, match=message):
        train_expert("extract", base, tmp_path, tmp_path / "out", CONFIG)
    assert not (tmp_path / "out").exists()


def test_diverged_run_says_so(base: Path, datasets: Path, tmp_path: Path) -> None:
    import torch
    from transformers import TrainerCallback

    class Poison(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _args: Any, _state: Any, _control: Any, model: Any, **_given: Any) -> None:
            with torch.no_grad():
                next(p for p in model.parameters() if p.requires_grad).fill_(float("nan"))

    with pytest.raises(ConfigError, match="expected a finite eval_loss, got nan; lower learning_rate"):
        train_expert("extract", base, datasets, tmp_path, CONFIG, callbacks=[Poison()])
    assert not (tmp_path / "extract").exists()


def test_another_checkpoint_than_the_base_was_made_from_is_refused(
    base: Path, checkpoint: Path, datasets: Path, tmp_path: Path
) -> None:
    """The manifest names the base alone, so it would say the same of an expert of other weights."""
    other = tmp_path / "other"
    shutil.copytree(checkpoint, other)
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    with pytest.raises(
        ConfigError, match=r"expected the checkpoint that .* was made from, got another or no model\.safet"
    ):
        train_expert("extract", base, datasets, tmp_path / "out", CONFIG, base_precision="bf16", checkpoint=other)
