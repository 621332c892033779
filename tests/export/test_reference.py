"""The reference that dequantizes as it goes computes what the whole dequantized model computes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.quantize import quantize_checkpoint
from export.parity.reference import load_reference
from export.parity.torch import BATCH, last_logits
from export.sources.model import load_dequantized
from runtime_py import operations
from tests.conftest import write_adapter
from tests.families.models import write_model

TOKENS = torch.arange(3, 40)[None]


@pytest.mark.parametrize("family", ["Qwen2.5", "Gemma 2", "Gemma 3"])
def test_logits_equal_those_of_the_whole_model(family: str, tmp_path: Path) -> None:
    from peft import PeftModel

    checkpoint = write_model(tmp_path / "checkpoint", family)
    base = quantize_checkpoint(checkpoint, tmp_path / "base")
    adapter = write_adapter(tmp_path / "adapter", checkpoint, operations.names()[0], seed=0)
    models = [PeftModel.from_pretrained(load(base), adapter).eval() for load in (load_reference, load_dequantized)]
    with torch.no_grad():
        with_adapter, expected = (model(input_ids=TOKENS).logits for model in models)
        with models[0].disable_adapter(), models[1].disable_adapter():
            without, expected_without = (model(input_ids=TOKENS).logits for model in models)
    torch.testing.assert_close(with_adapter, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(without, expected_without, atol=1e-4, rtol=1e-4)
    assert (with_adapter - without).abs().max() > 1e-2


@pytest.mark.parametrize("family", ["Qwen2.5", "Gemma 2"])
def test_sequences_of_a_batch_do_not_see_each_other(family: str, tmp_path: Path) -> None:
    base = quantize_checkpoint(write_model(tmp_path / "checkpoint", family), tmp_path / "base")
    model = load_reference(base)
    sequences = [list(range(3, 3 + length)) for length in (5, 19, 11)]
    assert len(sequences) > BATCH > 1
    found = last_logits(model, sequences, [2, 4, 1])
    for tokens, count, logits in zip(sequences, [2, 4, 1], found, strict=True):
        with torch.no_grad():
            expected = model(input_ids=torch.tensor([tokens])).logits[0, -count:].numpy()
        np.testing.assert_allclose(logits, expected, atol=1e-4)
