"""What a crop shows: the kind of thing, the colours of a drawn one, the word of a sign."""

import torch
from torch import nn

from distill.corpus.scenes.colours import COLOURS
from distill.vision.told import KINDS, SIGN_WORDS
from distill.vision.tower import FEATURES

LOOK = 128
"""Pixels of a crop that the tower names a thing by."""

AROUND = 1.2
"""Sides of a thing that its crop takes in."""

PART, READ = (64, 64), (48, 80)
"""Height and width of the crop of a drawn thing, and of a sign."""

SIGN_AROUND = (1.12, 0.672)
_HUES = 32


class Namer(nn.Module):
    """The tower's features `[.., FEATURES]` -> logits of `KINDS`; `level` makes features of like size of them."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.kinds = nn.Linear(FEATURES, len(KINDS))

    def level(self, features: torch.Tensor) -> torch.Tensor:
        """Features as those of the training have them on average: mean 0, deviation 1."""
        mean: torch.Tensor = self.mean  # type: ignore[assignment]
        deviation: torch.Tensor = self.deviation  # type: ignore[assignment]
        return (features - mean) / deviation

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        """From levelled features."""
        made: torch.Tensor = self.kinds(level)
        return made


class Colours(nn.Module):
    """Crops `[B, 3, *PART]` -> log shares of `COLOURS` of body and of part `[B, 2, 10]`, and each place's role.

    A role (around, body, part, by logits `[B, 3, places]`) says which places count; each tells its colour by itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 24, 5, 2, 2)
        self.layers = nn.ModuleList(nn.Conv2d(24, 24, 3, padding=d, dilation=d) for d in (1, 2, 4, 8, 4, 2, 1))
        self.role = nn.Conv2d(24, 3, 1)
        self.hues = nn.Sequential(nn.Conv2d(3, _HUES, 1), nn.GELU(), nn.Conv2d(_HUES, len(COLOURS), 1))

    def forward(self, crops: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Roles at half of the crop's resolution."""
        x = nn.functional.gelu(self.first(crops))
        for layer in self.layers:
            x = x + nn.functional.gelu(layer(x))
        roles = self.role(x).flatten(2)
        hues = self.hues(nn.functional.avg_pool2d(crops, 2)).flatten(2).softmax(1)  # [B, 10, places]
        weight = roles.softmax(1)[:, 1:]
        weight = weight * weight  # a place in doubt, at an edge, tells little
        shares = weight @ hues.transpose(1, 2) / (weight.sum(-1, keepdim=True) + 1e-3)
        return (shares + 1e-3).log(), roles


class Signs(nn.Module):
    """Crops `[B, 3, *READ]` -> logits of `SIGN_WORDS`."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.GELU(), nn.Conv2d(16, 32, 3, 2, 1), nn.GELU(),
            nn.Conv2d(32, 64, 3, 2, 1), nn.GELU(), nn.Flatten(), nn.Dropout(0.3),
            nn.Linear(64 * (READ[0] // 8) * (READ[1] // 8), len(SIGN_WORDS)),
        )  # fmt: skip

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Reads brightness alone, levelled in each crop."""
        grey = crops.mean(1, keepdim=True)
        grey = grey - grey.mean((2, 3), keepdim=True)
        spread = (grey * grey).mean((2, 3), keepdim=True).sqrt()
        made: torch.Tensor = self.layers(grey / (spread + 0.1))
        return made
