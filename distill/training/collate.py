"""Packed rows -> tensors, and the mask that keeps branches apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from distill.training.tokens import IGNORED

PADDED_SEGMENT = -1


def collate(rows: Sequence[Mapping[str, Any]], padding: int) -> dict[str, torch.Tensor]:
    """int64 `input_ids`, `labels`, `position_ids`, `segments`, each `[B, T]`, padded at the right."""
    longest = max(len(row["input_ids"]) for row in rows)
    pads = {"input_ids": padding, "labels": IGNORED, "position_ids": 0, "segments": PADDED_SEGMENT}
    return {
        name: torch.tensor([list(row[name]) + [pad] * (longest - len(row[name])) for row in rows])
        for name, pad in pads.items()
    }


def branch_mask(segments: torch.Tensor) -> torch.Tensor | None:
    """bool `[B, 1, T, T]` from `segments` `[B, T]`: a token sees the beginning and its own branch, never what follows.

    None where nothing branches: right-padded and causal, no target sees a pad, and attention takes its fast path.
    """
    if not bool((segments > 0).any()):
        return None
    length = segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    same = segments[:, :, None] == segments[:, None, :]
    shared = (segments == 0)[:, None, :]
    return (causal & (same | shared))[:, None]
