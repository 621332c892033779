"""Where things stand, whatever they are: a map of centres over the tower's maps, and the boxes of the likeliest."""

import torch
from torch import nn

from distill.vision.tower import SIDE, STRIDES

MOST_THINGS = 12
FINE, COARSE = sorted(STRIDES)
GRID = SIDE // FINE
_WIDTH = 48
_SHARP = 4.0  # a heat in doubt is rare, and many nearly sure ones are to add up to their number
_APART = 0.5  # in sides of a found thing: nothing else has its centre so near


class Finder(nn.Module):
    """Maps `[B, C, places, places]` by stride -> heat, centre across and down, log of the side: `[B, 4, GRID^2]`."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Conv2d(STRIDES[FINE][1], _WIDTH, 1)
        self.coarse = nn.Conv2d(STRIDES[COARSE][1], _WIDTH, 1)
        self.near, self.wide = (nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1) for _ in range(2))
        self.out = nn.Conv2d(_WIDTH, 4, 1)
        with torch.no_grad():
            self.out.bias.copy_(torch.tensor([-3.0, 0.0, 0.0, -1.8]))  # type: ignore[union-attr]
        steps = (torch.arange(GRID) + 0.5) / GRID
        self.register_buffer("steps", torch.stack(torch.meshgrid(steps, steps, indexing="xy")).view(2, -1), False)

    def forward(self, maps: dict[int, torch.Tensor]) -> torch.Tensor:
        """Heat is a logit; the rest in parts of the square."""
        x = nn.functional.gelu(self.fine(maps[FINE]) + _finer(self.coarse(maps[COARSE])))
        x = x + nn.functional.gelu(self.near(x))
        x = x + nn.functional.gelu(self.wide(x))
        told = self.out(x).flatten(2)
        steps: torch.Tensor = self.steps  # type: ignore[assignment]
        return torch.cat([told[:, :1], steps + told[:, 1:3] / GRID, told[:, 3:]], 1)


def _finer(coarse: torch.Tensor) -> torch.Tensor:
    """`[B, C, h, w]` -> `[B, C, GRID, GRID]`: each place as the finer ones within it."""
    ratio, (batch, width, high, wide) = COARSE // FINE, coarse.shape
    grid = coarse.view(batch, width, high, 1, wide, 1).expand(-1, -1, -1, ratio, -1, ratio)
    return grid.reshape(batch, width, high * ratio, wide * ratio)


def pick(told: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`[B, 4, P]` -> boxes `[B, MOST_THINGS, 3]` and how surely something is there `[B, MOST_THINGS]`, surest first."""
    heat, across, down, side = told[:, 0], told[:, 1], told[:, 2], told[:, 3].exp()
    places = torch.arange(heat.shape[1])
    boxes, sure = [], []
    for _ in range(MOST_THINGS):
        chosen = (places == heat.argmax(1, keepdim=True)).float()  # [B, P]
        box = [(chosen * value).sum(1, keepdim=True) for value in (across, down, side)]
        sure.append((_SHARP * (chosen * heat).sum(1)).sigmoid())
        boxes.append(torch.cat(box, 1))
        far = torch.maximum((across - box[0]).abs(), (down - box[1]).abs())
        heat = heat - 100.0 * ((far < _APART * box[2]).float() + chosen)
    return torch.stack(boxes, 1), torch.stack(sure, 1)
