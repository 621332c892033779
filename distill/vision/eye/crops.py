"""Pieces of a picture in sizes of their own, cut by products of matrices that every exporter and runtime knows."""

import torch


def crop(normal: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Float32 `[B, C, S, S]` and boxes `[B, N, 4]` -> `[B, N, C, height, width]` of `size`, triangle-filtered.

    A box is its centre across and down, width and height, in parts of the square; what lies outside is 0.
    """
    side = normal.shape[-1]
    down = _weights(boxes[..., 1], boxes[..., 3], size[0], side)  # [B, N, height, S]
    across = _weights(boxes[..., 0], boxes[..., 2], size[1], side)
    rows = torch.matmul(down.unsqueeze(2), normal.unsqueeze(1))  # [B, N, C, height, S]
    return torch.matmul(rows, across.unsqueeze(2).transpose(-1, -2))


def _weights(centre: torch.Tensor, extent: torch.Tensor, size: int, side: int) -> torch.Tensor:
    """`[B, N]` twice -> `[B, N, size, side]`: how much of each pixel a place of the crop takes."""
    steps = (torch.arange(size) + 0.5) / size - 0.5
    pixels = (torch.arange(side) + 0.5) / side
    wanted = centre.unsqueeze(-1) + extent.unsqueeze(-1) * steps  # [B, N, size], in parts of the square
    reach = (extent * (side / size)).clamp(min=1.0).unsqueeze(-1).unsqueeze(-1)  # in pixels
    far = (wanted.unsqueeze(-1) - pixels).abs() * side / reach
    return (1 - far).clamp(min=0.0) / reach


def around(boxes: torch.Tensor, width: float, height: float) -> torch.Tensor:
    """Centre and side `[.., 3]` -> boxes `[.., 4]` so many sides wide and high."""
    side = boxes[..., 2:]
    return torch.cat([boxes[..., :2], side * width, side * height], -1)
