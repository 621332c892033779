"""Attention for what `custom_sdpa` alone does not compute: windows, by masks, and soft caps, by plain operators.

Shapes: T tokens, C context, H heads, K key/value heads, d head size.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

HIDDEN = -1e9
"""What a mask adds to the score of a place that may not be read: finite, so that no row turns into NaN."""


@dataclass
class Masks:
    """Masks of one step, float32 `[T, C]`, made once for all layers of the same window."""

    positions: Tensor
    context: int
    _made: dict[int, Tensor] = field(default_factory=dict)

    def within(self, window: int) -> Tensor:
        """Each position reads itself and the `window` - 1 before it."""
        if window not in self._made:
            rows, columns = self.positions[:, None], torch.arange(self.context)[None]
            seen = torch.logical_and(columns <= rows, columns > rows - window)
            self._made[window] = torch.where(seen, 0.0, HIDDEN)
        return self._made[window]


def capped_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float, cap: float) -> Tensor:
    """softmax(cap * tanh(scale / cap * q k) + mask) v: `[1, T, H, d]` over the cache `[1, C, K, d]` -> `[1, T, H, d]`.

    `custom_sdpa` has no cap. The heads that share a key are rows of one product, so no key is copied.
    """
    _, length, heads, size = query.shape
    context, groups = key.shape[1], key.shape[2]
    shared = heads // groups
    rows = query.reshape(length, groups, shared, size).permute(1, 2, 0, 3).reshape(groups, shared * length, size)
    scores = torch.bmm(rows, key[0].permute(1, 2, 0)) * (scale / cap)
    scores = (torch.tanh(scores) * cap).view(groups, shared, length, context) + mask
    weights = torch.softmax(scores, dim=-1).view(groups, shared * length, context)
    read = torch.bmm(weights, value[0].permute(1, 0, 2)).view(groups, shared, length, size)
    return read.permute(2, 0, 1, 3).reshape(1, length, heads, size)
