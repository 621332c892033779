"""The tower's maps -> 49 image tokens of the text base's width."""

import torch
from torch import nn

from distill.vision.tower import SIDE, STRIDES

PROJECTOR = "projector.safetensors"
GRID = SIDE // max(STRIDES)
IMAGE_TOKENS = GRID * GRID
_WIDTH = sum(channels * (max(STRIDES) // stride) ** 2 for stride, (_, channels) in STRIDES.items())


class Projector(nn.Module):
    """One token a place of the coarsest map: what all maps hold of it, side by side, through two linear layers.

    `scale` is the root mean square of the base's embeddings, with which tokens begin.
    """

    def __init__(self, hidden: int, scale: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(_WIDTH)
        self.inner = nn.Linear(_WIDTH, hidden)
        self.outer = nn.Linear(hidden, hidden)
        self.place = nn.Parameter(torch.zeros(IMAGE_TOKENS, hidden))
        self.level = nn.LayerNorm(hidden)
        nn.init.constant_(self.level.weight, scale)
        nn.init.normal_(self.place, std=0.5)

    def forward(self, maps: dict[int, torch.Tensor]) -> torch.Tensor:
        """`maps[stride]` float32 `[B, places, channels]` -> float32 `[B, 49, hidden]`."""
        told = torch.cat([_gather(maps[stride], stride) for stride in STRIDES], dim=-1)  # [B, 49, width]
        inner = nn.functional.gelu(self.inner(self.norm(told)))
        tokens: torch.Tensor = self.level(self.outer(inner) + self.place)
        return tokens


def _gather(places: torch.Tensor, stride: int) -> torch.Tensor:
    """`[B, side * side, C]` of a finer map -> `[B, 49, C * finer^2]`: the places within each of the coarsest."""
    finer = max(STRIDES) // stride
    batch, _, channels = places.shape
    grid = places.view(batch, GRID, finer, GRID, finer, channels)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(batch, IMAGE_TOKENS, finer * finer * channels)
