"""Every family runs layer by layer as it does whole, and its base fits into a budget."""

from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.checkpoint import Checkpoint
from calibration.data_file import largest_size, matrices, with_int8
from calibration.families import tensor_groups
from calibration.methods.stream import LayerStream, load_model, read_tensor
from calibration.quantize import Calibration, quantize_checkpoint
from runtime_py.weights import Int4Tensor, Int8Tensor, QuantizedBase
from tests.families.models import MODELS, random_model, write_model

CHUNKS = [np.random.default_rng(place).integers(3, 384, 24).tolist() for place in range(2)]


@pytest.mark.parametrize("family", MODELS)
def test_the_stream_computes_what_the_model_does(family: str, tmp_path: Path) -> None:
    source, model = Checkpoint.open(write_model(tmp_path, family)), random_model(family)
    stream = LayerStream(source, CHUNKS, read_tensor(source, "model.embed_tokens.weight"))
    for number in range(len(stream)):
        stream.load(number)
        stream.advance(number)
    whole = load_model(source)
    for chunk, got in zip(CHUNKS, stream.hidden, strict=True):
        with torch.no_grad():
            expected = model.model(torch.tensor([chunk])).last_hidden_state
            torch.testing.assert_close(model.model.norm(got), expected, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(whole.model(torch.tensor([chunk])).last_hidden_state, expected)


@pytest.mark.parametrize("family", ["Gemma 2", "Gemma 3", "Qwen3"])
def test_a_budget_mixes_int4_and_int8(family: str, tmp_path: Path) -> None:
    checkpoint = write_model(tmp_path / "checkpoint", family)
    groups = tensor_groups(Checkpoint.open(checkpoint).config)
    low, high = (largest_size(with_int8(groups, names), 32) for names in ([], matrices(groups)))
    budget = (low + high) // 2
    base = quantize_checkpoint(checkpoint, tmp_path / "base", 32, calibration=Calibration(CHUNKS, budget))
    opened = QuantizedBase.open(base)
    assert opened.size <= budget
    kinds = {type(entry) for entry in opened.tensors.values()}
    assert {Int4Tensor, Int8Tensor} < kinds
