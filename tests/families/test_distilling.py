"""An expert of a few steps on a Gemma, whose chat template takes no system role, and what it computes when exported."""

import json
from pathlib import Path

import pytest
import torch

from calibration.quantize import quantize_checkpoint
from distill.training import TrainingConfig, train_expert
from distill.training.model import load_base, open_chat
from distill.training.trainer import score_targets_only
from runtime_py import operations
from tests.families.legs import Exported
from tests.families.models import MODELS, write_model

pytestmark = pytest.mark.slow

TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
CONFIG = TrainingConfig(
    learning_rate=1e-2, batch_size=2, steps=3, evaluate_every=3, patience=9, validation_rows=2, seed=3
)


def _base(folder: Path, name: str) -> Path:
    checkpoint = write_model(folder / "checkpoint", name, max_position_embeddings=1024)
    (checkpoint / "chat_template.jinja").write_text(TEMPLATE)
    return quantize_checkpoint(checkpoint, folder / "base")


def _datasets(folder: Path) -> Path:
    (folder / "generate").mkdir(parents=True)
    memory = {"text": "Maria lives in Kluvo", "date": "2023-05-12"}
    rows = [
        {"id": str(i), "input": {"question": f"Where does Maria live? {i}", "memories": [memory]}, "target": "Kluvo"}
        for i in range(8)
    ]
    for split in ("train", "validation"):
        (folder / "generate" / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_is_that_of_the_models_own_forward(tmp_path: Path, name: str) -> None:
    model = load_base(_base(tmp_path, name), "int4").eval()
    tokens = torch.randint(3, 384, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model(input_ids=tokens, labels=tokens).loss
        score_targets_only(model)
        alone = {"position_ids": torch.arange(40).expand(2, 40), "segments": torch.zeros_like(tokens)}
        got = model(input_ids=tokens, labels=tokens, **alone).loss / tokens[:, 1:].numel()
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=0)


def test_a_trained_expert_equals_torch_when_exported(tmp_path: Path) -> None:
    base = _base(tmp_path, "Gemma 2")
    prefix = open_chat(base / "hf").prompt(operations.get("generate")).prefix
    assert prefix.startswith("<|im_start|>user\n" + operations.get("generate").system)
    adapter = train_expert("generate", base, _datasets(tmp_path / "data"), tmp_path / "adapters", CONFIG)
    result = Exported("Gemma 2", "generate", base, adapter).leg("torch_arbiter")
    assert result.passed, result.to_json(True)
    assert result.agreement.share == 1.0
