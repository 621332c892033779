"""The embedder's graph against sentence-transformers' own arithmetic in float32."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from export.embedder import read_source
from export.embedder.files import write_embedder
from runtime_py.bundle.embedder import Embedder
from runtime_py.errors import ExportError

SENTENCES = (
    "Maria lives in Kluvo",
    "Where does Maria live?",
    "On 12 May 2023 John said that he will adopt a dog next Friday.",
    "no information available",
    "The conference in Lisbon was moved to the 3rd of June because of the strike, so we have to rebook.",
    "ok",
    "Zorvath plays the cello",
    "日本語も少し and emoji 🎉",
    "word " * 400,
)
pytestmark = pytest.mark.slow


def _reference(folder: Path, texts: tuple[str, ...], max_tokens: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Mean of the last hidden states, unit length, by transformers in float32."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder, dtype="float32").eval(), AutoTokenizer.from_pretrained(folder)
    vectors = []
    for text in texts:
        with torch.no_grad():
            batch = tokenizer(text, return_tensors="pt", truncation=True, max_length=max_tokens)
            hidden = model(**batch).last_hidden_state[0].mean(0)
        vectors.append(torch.nn.functional.normalize(hidden, dim=0).numpy())
    return np.stack(vectors)


def test_vectors_equal_the_reference(tmp_path: Path) -> None:
    entry = write_embedder(tmp_path)
    graph = tmp_path / entry["programs"]["onnx"]
    onnx.checker.check_model(str(graph))
    embedder = Embedder(graph, tmp_path / entry["tokenizer"], entry["id"], entry["dimension"], entry["max_tokens"])
    got = embedder.embed(SENTENCES)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-6)
    cosine = (got * _reference(read_source(None).folder, SENTENCES, entry["max_tokens"])).sum(axis=1)
    assert cosine.min() >= 0.999
    assert graph.stat().st_size < 26e6  # a quarter of float32 and its scales


def test_a_folder_that_is_no_embedder_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="sentence-transformers folder"):
        write_embedder(tmp_path, checkpoint)
    assert not list(tmp_path.iterdir())
