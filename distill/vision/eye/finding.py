"""Teaching the finder: heat near centres, and where exactly and how large, from maps computed before."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import torch
from torch import nn

from distill.vision.eye.finder import GRID, Finder
from distill.vision.eye.material import Material
from distill.vision.eye.painted import Box
from runtime_py.progress import Progress

BATCH, RATE, DECAY = 8, 2e-3, 0.01
_INSIDE, _NEAR = 0.12, 0.4  # in sides of a thing: where a place is its centre, and from where it is none


def teach_finder(finder: Finder, material: Material, steps: int, seed: int, progress: Progress) -> None:
    """Seeded steps over all scenes in turn."""
    optimizer = torch.optim.AdamW(finder.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    targets = [_targets(boxes) for boxes in material.boxes]
    random, order = Random(f"finder:{seed}"), list[int]()
    for step in range(1, steps + 1):
        if len(order) < BATCH:
            order = random.sample(range(len(targets)), len(targets))
        rows, order = order[:BATCH], order[BATCH:]
        told = finder({stride: made[rows].float() for stride, made in material.maps.items()})
        loss = _loss(told, torch.stack([targets[row] for row in rows]))
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(finder.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 50 == 0 or step == steps:
            progress("finder", step, steps, f"loss {float(loss.detach()):.3f}")


def _targets(boxes: Sequence[Box]) -> torch.Tensor:
    """`[5, GRID^2]`: heat (-1 where either is fine), centre across and down, log of the side, whether they count."""
    made = np.zeros((5, GRID, GRID), np.float32)
    steps = (np.arange(GRID) + 0.5) / GRID
    for box in boxes:
        far = np.maximum(abs(steps[None, :] - box.x), abs(steps[:, None] - box.y))
        made[0][(far < max(_NEAR * box.side, 1.2 / GRID)) & (made[0] == 0)] = -1
        inside = far <= max(_INSIDE * box.side, 0.501 / GRID)
        made[:, inside] = np.array([1, box.x, box.y, math.log(box.side), 1], np.float32)[:, None]
    return torch.from_numpy(made.reshape(5, -1))


def _loss(told: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    heat, known, counts = wanted[:, 0], wanted[:, 0] >= 0, wanted[:, 4] > 0
    sort = nn.functional.binary_cross_entropy_with_logits(told[:, 0], heat.clamp(min=0), reduction="none")
    number = counts.sum()
    hard = (told[:, 0].detach().sigmoid() - heat.clamp(min=0)).abs().square()  # what is told well counts little
    found = (4 * sort * hard)[known].sum() / number
    scale = torch.tensor([GRID, GRID, 10.0]).view(1, 3, 1)  # a place of the map, a tenth of a side
    off = nn.functional.smooth_l1_loss(told[:, 1:] * scale, wanted[:, 1:4] * scale, reduction="none", beta=0.1).sum(1)
    return found + off[counts].sum() / number
