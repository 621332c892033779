"""The codes of one matrix by GPTQ: columns in the order of their inputs' energy, the scales fixed before."""

from dataclasses import dataclass

import torch
from torch import Tensor

from calibration.int4 import bf16_scale
from calibration.methods.descent import refine

DAMPING = 0.01
"""Share of the mean energy that is added to each column's: without it rare inputs decide."""
BLOCK = 64
SEARCH_GRID = tuple(1.0 - 0.04 * step for step in range(9))
PASSES = 2
"""So often coordinate descent goes over what GPTQ gave."""


@dataclass(frozen=True)
class Inputs:
    """Of a matrix's inputs x: the damped sum `[K, K]` of x x^T, its columns by energy, and GPTQ's factor of both."""

    gram: Tensor
    order: Tensor
    inverse: Tensor

    @classmethod
    def of(cls, gram: Tensor, damping: float = DAMPING) -> "Inputs":
        """`gram` is not changed."""
        gram = gram.clone()
        energy = gram.diagonal()
        energy[energy == 0] = 1.0  # a column without input is rounded to nearest
        energy += damping * energy.mean()
        order = torch.argsort(energy, descending=True, stable=True)
        factor = torch.linalg.cholesky(gram[order][:, order])
        return cls(gram, order, torch.linalg.cholesky(torch.cholesky_inverse(factor), upper=True))


def quantize_matrix(weight: Tensor, inputs: Inputs, group_size: int, passes: int = PASSES) -> tuple[Tensor, Tensor]:
    """Codes int8 `[N, K]` in -8..7 and scales float32 (bf16 values) `[N, K/G]` of a weight `[N, K]`.

    Rows do not depend on each other. Equations and the damping are those of the paper; then `passes` of descent.
    """
    scales = _scales(weight, inputs.gram.diagonal(), group_size)
    codes = _codes(weight, inputs, scales.repeat_interleave(group_size, dim=1))
    return refine(weight, inputs.gram, codes, scales, passes)


def _codes(weight: Tensor, inputs: Inputs, steps: Tensor) -> Tensor:
    order, inverse = inputs.order, inputs.inverse
    left, steps = weight[:, order].clone(), steps[:, order]
    codes = torch.empty_like(left)
    for start in range(0, weight.shape[1], BLOCK):
        end = min(start + BLOCK, weight.shape[1])
        block, near = left[:, start:end], inverse[start:end, start:end]
        errors = torch.empty_like(block)
        for j in range(end - start):
            step = steps[:, start + j]
            code = (block[:, j] / step).round().clamp(-8, 7)
            codes[:, start + j] = code
            errors[:, j] = (block[:, j] - code * step) / near[j, j]
            block[:, j:] -= errors[:, j, None] * near[j, None, j:]
        left[:, end:] -= errors @ inverse[start:end, end:]
    placed = torch.empty_like(codes)
    placed[:, order] = codes
    return placed


def _scales(weight: Tensor, energy: Tensor, group_size: int) -> Tensor:
    """The scale of each group that errs least, columns weighted by their inputs' energy."""
    grouped = weight.reshape(weight.shape[0], -1, group_size)
    largest, weights = grouped.abs().amax(2).numpy(), energy.reshape(1, -1, group_size)
    best, found = None, None
    for fraction in SEARCH_GRID:
        scales = torch.from_numpy(bf16_scale(largest, fraction))
        steps = scales[:, :, None]
        loss = (((grouped / steps).round().clamp(-8, 7) * steps - grouped).square() * weights).sum(2)
        if best is None or found is None:
            best, found = loss, scales
        else:
            found = torch.where(loss < best, scales, found)
            best = torch.minimum(loss, best)
    assert found is not None
    return found
