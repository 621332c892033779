"""The encoder that both runtimes' embedders hold, and its 8-bit groups."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from runtime_py.errors import ExportError

GROUP = 32  # per row of 384 the cosine falls to 0.998, per group of 32 it stays above 0.999
HALF_RANGE = 127.5


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
