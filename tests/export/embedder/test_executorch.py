"""The embedder's program: linked equals lowered; MiniLM against float32 and the ONNX graph of the same id."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.embedder import executorch, read_source
from export.embedder.files import write_embedder
from export.embedder.source import EmbedderSource
from runtime_py.bundle.embedder import Embedder
from runtime_py.errors import BundleError
from tests.export.embedder.test_onnx import SENTENCES, _reference

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("embedder")
    return folder, write_embedder(folder, targets=("executorch", "onnx"))


def _open(folder: Path, entry: dict[str, Any], kind: str, max_tokens: int | None = None) -> Embedder:
    file = entry["programs"][kind]
    limit = max_tokens or entry["max_tokens"]
    return Embedder(folder / file, folder / entry["tokenizer"], entry["id"], entry["dimension"], limit, kind)


def _random_source(folder: Path, seed: int) -> EmbedderSource:
    """One layer of random weights with MiniLM's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    model = BertModel(config)
    with torch.no_grad():  # all-distinct biases and norms: equal tensors would share one key
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    tokenizer = read_source(None).folder / "tokenizer.json"
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    return EmbedderSource(folder, "random", 64)


def test_linking_equals_lowering(tmp_path: Path) -> None:
    first, second = (_random_source(tmp_path / str(seed), seed) for seed in (1, 2))
    key = executorch.describe(first)
    assert executorch.describe(second) == key
    template = executorch.lower_template(key, executorch.quantized(first), first.max_tokens)
    model = executorch.quantized(second)
    assert executorch.link_program(template, model) == executorch.lower_program(model, second.max_tokens)


def test_both_runtimes_give_the_reference_and_each_other(written: tuple[Path, dict[str, Any]]) -> None:
    folder, entry = written
    program = _open(folder, entry, "executorch").embed(SENTENCES)
    graph = _open(folder, entry, "onnx").embed(SENTENCES)
    reference = _reference(read_source(None).folder, SENTENCES, entry["max_tokens"])
    np.testing.assert_allclose(np.linalg.norm(program, axis=1), 1, atol=1e-6)
    assert (program * reference).sum(axis=1).min() >= 0.997
    assert (program * graph).sum(axis=1).min() >= 0.997  # one id: their vectors may share a store


def test_the_program_is_smaller_than_float32(written: tuple[Path, dict[str, Any]]) -> None:
    folder, entry = written
    assert entry["programs"]["executorch"] == "embed.pte"
    assert (folder / "embed.pte").stat().st_size < 40e6


def test_a_program_of_another_length_is_refused(written: tuple[Path, dict[str, Any]]) -> None:
    with pytest.raises(BundleError, match="expected two inputs"):
        _open(*written, "executorch", max_tokens=100)


def test_without_the_target_there_is_no_program(tmp_path: Path) -> None:
    assert write_embedder(tmp_path, targets=("onnx",))["programs"] == {"onnx": "embed.onnx"}
    assert not (tmp_path / "embed.pte").exists()
