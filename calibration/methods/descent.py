"""Coordinate descent on what GPTQ gave: one code after another becomes the best beside all others.

GPTQ never comes back to a column; this does, with the scales fitted to the codes before each pass. It lowers the same
error, tr((W - Q) H (W - Q)^T), and needs nothing but H. Cf. QuantEase (Behdin et al. 2023), with scales fitted.
"""

import torch
from torch import Tensor

BLOCK = 64
SMALLEST_STEP = 0.25
"""A scale that would fall below this share of what it was is kept: all codes of its group are noise then."""


def refine(weight: Tensor, gram: Tensor, codes: Tensor, scales: Tensor, passes: int) -> tuple[Tensor, Tensor]:
    """Codes int8 `[N, K]` and scales float32 (bf16 values) `[N, K/G]` that err no more than those given.

    `weight` `[N, K]` is what they stand for, `gram` `[K, K]` H, damped.
    """
    steps_of = weight.shape[1] // scales.shape[1]
    now, scales = codes.float(), scales.clone()
    for _ in range(passes):
        scales = _fitted(weight, gram, now, scales)
        now = _descended(weight, gram, now, scales.repeat_interleave(steps_of, dim=1))
    return now.to(torch.int8), scales


def _fitted(weight: Tensor, gram: Tensor, codes: Tensor, scales: Tensor) -> Tensor:
    """The scales, one group after another, that err least with these codes (least squares, rounded to bf16)."""
    size = weight.shape[1] // scales.shape[1]
    fitted = scales.clone()
    pull = (weight - codes * scales.repeat_interleave(size, dim=1)) @ gram
    for group in range(scales.shape[1]):
        some = slice(group * size, (group + 1) * size)
        part, old = codes[:, some], scales[:, group]
        energy = ((part @ gram[some, some]) * part).sum(1)
        best = (old + (pull[:, some] * part).sum(1) / energy.clamp_min(1e-20)).bfloat16().float()
        fitted[:, group] = torch.where((best > SMALLEST_STEP * old) & (energy > 0), best, old)
        pull -= ((fitted[:, group] - old)[:, None] * part) @ gram[some]
    return fitted


def _descended(weight: Tensor, gram: Tensor, codes: Tensor, steps: Tensor) -> Tensor:
    """Codes `[N, K]` after one pass over the columns; `steps` `[N, K]` are their scales."""
    codes = codes.clone()
    pull = (weight - codes * steps) @ gram
    for start in range(0, weight.shape[1], BLOCK):
        some = slice(start, start + BLOCK)
        near, block = gram[some, some], pull[:, some].clone()
        moved = torch.empty_like(block)
        for j in range(block.shape[1]):
            old, step = codes[:, start + j].clone(), steps[:, start + j]
            new = (old + block[:, j] / (near[j, j] * step)).round().clamp(-8, 7)
            moved[:, j] = (new - old) * step
            codes[:, start + j] = new
            block[:, j:] -= moved[:, j, None] * near[j, None, j:]
        pull -= moved @ gram[some]
    return codes
