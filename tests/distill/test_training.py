"""An expert trained on a tiny base: tokens, order, weights, resuming, refusals."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from distill.training import TrainingConfig, train_expert
from distill.training.order import order_rows
from distill.training.tokens import IGNORED, encode_rows
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples, read_manifest
from runtime_py.operations.prompt import Prompt
from runtime_py.text.tokenizer import Tokenizer

CONFIG = TrainingConfig(
    learning_rate=5e-2, batch_size=4, steps=12, evaluate_every=4, patience=9, validation_rows=6, seed=3
)
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="session")
def base(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from calibration.quantize import quantize_checkpoint

    return quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("quantized") / "base")


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets")
    for operation in ("extract", "generate"):
        (folder / operation).mkdir()
        for split, count in (("train", 30), ("validation", 8)):
            rows = [_row(operation, split, i) for i in range(count)]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / operation / f"{split}.jsonl").write_text(text)
    return folder


def _row(operation: str, split: str, i: int) -> dict[str, Any]:
    place = "Kluvo" + "ta" * (i % 5)
    if operation == "extract":
        message = {"role": "user", "speaker": "Maria", "text": f"I live in {place}."}
        return {
            "id": f"{split}-{i}",
            "input": {"date": "2023-05-12", "messages": [message]},
            "target": f'{{"facts":["Maria lives in {place}"]}}',
        }
    memory = {"text": f"Maria lives in {place}", "date": "2023-05-12"}
    return {
        "id": f"{split}-{i}",
        "input": {"question": "Where does Maria live?", "memories": [memory]},
        "target": place,
    }


@pytest.fixture(scope="session")
def expert(base: Path, datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_expert("extract", base, datasets, tmp_path_factory.mktemp("adapters"), CONFIG)


def test_batches_hold_like_lengths_and_every_row_comes_equally_often() -> None:
    lengths = [10 + 7 * i % 90 for i in range(40)]
    rows = order_rows(lengths, 4, 30, seed=1)
    assert len(rows) == 120
    assert {rows.count(i) for i in range(40)} == {3}
    assert rows == order_rows(lengths, 4, 30, seed=1)
    assert rows != order_rows(lengths, 4, 30, seed=2)
    padding = sum(max(b) * 4 - sum(b) for b in _batches(lengths, rows))
    shuffled = sum(max(b) * 4 - sum(b) for b in _batches(lengths, [7 * i % 40 for i in range(120)]))
    assert padding < shuffled / 3
    assert order_rows([5, 6], 4, 3, seed=0).count(0) == 6, "fewer rows than a batch"


def _batches(lengths: list[int], rows: list[int]) -> list[list[int]]:
    return [[lengths[i] for i in rows[at : at + 4]] for at in range(0, len(rows), 4)]


def test_tokens_are_those_of_the_runtime(base: Path, datasets: Path) -> None:
    from distill.training.model import open_chat

    operation = operations.get("extract")
    text = open_chat(base / "hf")
    tokenizer = Tokenizer.from_file(base / "hf" / "tokenizer.json")
    rows = read_examples(datasets / "extract" / "train.jsonl")
    encoded = encode_rows(rows, operation, text.prompt(operation), tokenizer, text.turn_end, text.context_tokens)
    row, tokens = rows[4], encoded.rows[4]
    assert text.turn_end == tokenizer.id_of("<|im_end|>")
    prompt = Prompt.from_chat_template(operation, lambda messages: _chatml(messages) + "<|im_start|>assistant\n")
    written = operation.render(operation.read_input(row.input))
    assert list(tokens.input_ids[: tokens.prompt_tokens]) == prompt.encode(tokenizer, written)
    assert list(tokens.input_ids[tokens.prompt_tokens :]) == [*tokenizer.encode(row.target), text.turn_end]
    assert tokens.labels == [IGNORED] * tokens.prompt_tokens + list(tokens.input_ids[tokens.prompt_tokens :])


def _chatml(messages: list[dict[str, str]]) -> str:
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def test_loss_is_that_of_the_whole_model(base: Path, datasets: Path) -> None:
    """Our head on target positions, without an attention mask, against the model's own masked loss."""
    import torch

    from distill.training.model import load_base, open_chat
    from distill.training.trainer import score_targets_only

    operation, text = operations.get("extract"), open_chat(base / "hf")
    rows = read_examples(datasets / "extract" / "train.jsonl")[:5]
    encoded = encode_rows(rows, operation, text.prompt(operation), text.tokenizer, text.turn_end, 1000).rows
    longest = max(len(row.input_ids) for row in encoded)
    ids = torch.tensor([[*row.input_ids, *[0] * (longest - len(row.input_ids))] for row in encoded])
    labels = torch.tensor([[*row.labels, *[IGNORED] * (longest - len(row.labels))] for row in encoded])
    mask = torch.tensor([[int(i < len(row.input_ids)) for i in range(longest)] for row in encoded])
    model = load_base(base, "int4")
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        score_targets_only(model)
        alone = {"position_ids": torch.arange(longest).expand(5, longest), "segments": torch.zeros_like(ids)}
        got = model(input_ids=ids, labels=labels, **alone).loss / (labels != IGNORED).sum()
    assert torch.allclose(got, expected, rtol=1e-5)


def test_packed_rows_have_the_losses_that_each_has_alone(base: Path) -> None:
    import torch

    from distill.training.collate import collate
    from distill.training.model import load_base
    from distill.training.packing import PackedRow, alone, pack
    from distill.training.trainer import score_targets_only
    from tests.distill.test_packing import ROWS as PACKED_ROWS

    model = load_base(base, "int4")
    score_targets_only(model)

    def loss(rows: "list[PackedRow]") -> float:
        with torch.no_grad():
            return float(model(**collate([vars(row) for row in rows], padding=0)).loss)

    separate = sum(loss([alone(row)]) for row in PACKED_ROWS)
    assert loss(pack(PACKED_ROWS, 100)) == pytest.approx(separate, rel=1e-5)
    assert loss([alone(row) for row in PACKED_ROWS]) == pytest.approx(separate, rel=1e-5)


def test_base_holds_the_dequantized_weights(base: Path, checkpoint: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from distill.training.model import load_base
    from runtime_py.weights.base import QuantizedBase

    model, stored = load_base(base, "int4"), QuantizedBase.open(base)
    state = model.state_dict()
    assert all(torch.equal(state[name], torch.from_numpy(stored.tensor(name).copy())) for name in stored.names())
    assert model.lm_head.weight is model.model.embed_tokens.weight
    original = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).state_dict()
    name = "model.layers.0.mlp.up_proj.weight"
    assert 0 < (state[name] - original[name]).norm() / original[name].norm() < 0.15
    kept = load_base(base, "bf16", checkpoint).state_dict()[name]
    assert torch.equal(kept, original[name].bfloat16().float())
    with pytest.raises(ConfigError, match="expected the checkpoint"):
        load_base(base, "bf16")


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


def test_current_expert_is_left_alone(expert: Path, base: Path, datasets: Path) -> None:
    before = (expert / WEIGHTS).stat().st_mtime_ns
    assert train_expert("extract", base, datasets, expert.parent, CONFIG) == expert
    assert (expert / WEIGHTS).stat().st_mtime_ns == before


class _Stop(Exception):
    pass


def _stop_at(step: int) -> Any:
    from transformers import TrainerCallback

    class StopAt(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _args: Any, state: Any, _control: Any, **_given: Any) -> None:
            if state.global_step == step:
                raise _Stop

    return StopAt()


def test_broken_off_run_ends_with_the_same_weights(expert: Path, base: Path, datasets: Path, tmp_path: Path) -> None:
    for step in (6, 11):  # once before and once after the checkpoint of step 8
        with pytest.raises(_Stop):
            train_expert("extract", base, datasets, tmp_path, CONFIG, callbacks=[_stop_at(step)])
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
    with pytest.raises(_Stop):
        train_expert("extract", base, datasets, tmp_path, CONFIG, callbacks=[_stop_at(6)])
    folder = train_expert("extract", base, datasets, tmp_path, replace(CONFIG, steps=4))
    assert read_manifest(folder)["facts"]["timed_steps"] == 4


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
        long = _row("extract", split, 0) | {"id": f"{split}-long", "target": "x" * 2000}
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
