"""Token vectors for BERTScore from a model on this disk."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from runtime_py.errors import ConfigError
from runtime_py.files import sha256_file
from runtime_py.store import Vectors

MOST_TOKENS = 512


class TokenEncoder:
    """The last hidden states of a Hugging Face encoder, each of length 1; None is the embedder's all-MiniLM-L6-v2."""

    def __init__(self, folder: Path | None) -> None:
        """Raises `ConfigError` for a folder without a model, `MissingExtraError` without the embedder's package."""
        if folder is None:
            from export.embedder.source import read_source

            source = read_source(None)
            self._folder, self.id = source.folder, source.id
            return
        weights = folder / "model.safetensors"
        if not weights.is_file() or not (folder / "config.json").is_file():
            raise ConfigError(
                f"BERTScore model {folder}: expected a Hugging Face folder with config.json and model.safetensors, "
                "found none; name another --bertscore"
            )
        self._folder, self.id = folder, f"{folder.name}-{sha256_file(weights)[:12]}"

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from transformers import AutoTokenizer

        from export.embedder.encoder import load_encoder

        return AutoTokenizer.from_pretrained(self._folder), load_encoder(self._folder)

    def __call__(self, text: str) -> Vectors:
        """`[T, D]`, the tokenizer's own first and last token among them."""
        import torch

        tokenizer, model = self._loaded
        given = tokenizer(text, return_tensors="pt", truncation=True, max_length=MOST_TOKENS)
        with torch.inference_mode():
            hidden = model(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).last_hidden_state[0]
        vectors: Vectors = hidden.float().numpy().astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors
