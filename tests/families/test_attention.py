"""ExecuTorch's attention by itself: windows and soft caps against a loop over positions."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from export.targets.executorch.attention import Masks
from export.targets.executorch.kernels import KeyValue, attend

CONTEXT, HEADS, GROUPS, SIZE = 24, 4, 2, 8
SCALE = 0.7


def _by_hand(query: Tensor, key: Tensor, value: Tensor, window: int | None, cap: float | None) -> Tensor:
    """[T, H, d] of causal attention over [T, K, d], one head and position at a time."""
    out = torch.zeros_like(query)
    for position in range(query.shape[0]):
        first = 0 if window is None else max(0, position - window + 1)
        for head in range(HEADS):
            group = head * GROUPS // HEADS
            scores = SCALE * key[first : position + 1, group] @ query[position, head]
            if cap is not None:
                scores = cap * torch.tanh(scores / cap)
            out[position, head] = torch.softmax(scores, 0) @ value[first : position + 1, group]
    return out


@pytest.mark.parametrize("cap", [None, 2.0])
@pytest.mark.parametrize("window", [None, 1, 5, CONTEXT - 1, CONTEXT, 1000])
@pytest.mark.parametrize("feeds", [[CONTEXT], [7, 1, 1, 9, 1, 5], [1] * CONTEXT], ids=["whole", "mixed", "single"])
def test_attention_equals_a_loop(feeds: list[int], window: int | None, cap: float | None) -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(CONTEXT, n, SIZE, generator=generator) * 2 for n in (HEADS, GROUPS, GROUPS))
    module: Any = SimpleNamespace(kept=KeyValue(CONTEXT, GROUPS, SIZE))
    rows, start = [], 0
    for count in feeds:
        part = slice(start, start + count)
        masks = Masks(torch.arange(start, start + count), CONTEXT)
        heads = [x[part].transpose(0, 1)[None] for x in (q, k, v)]
        given: dict[str, Any] = {"sliding_window": window, "softcap": cap, "scaling": SCALE, "masks": masks}
        rows.append(attend(module, heads[0], heads[1], heads[2], None, start=start, **given)[0][0])
        start += count
    got, expected = torch.cat(rows), _by_hand(q, k, v, window, cap)
    assert math.isclose(float((got - expected).abs().max()), 0.0, abs_tol=1e-5)


def test_a_window_of_the_context_or_more_takes_the_fast_path() -> None:
    masks = Masks(torch.arange(1), CONTEXT)
    module: Any = SimpleNamespace(kept=KeyValue(CONTEXT, GROUPS, SIZE))
    q, k = torch.ones(1, HEADS, 1, SIZE), torch.ones(1, GROUPS, 1, SIZE)
    for window, made in ((None, 0), (CONTEXT, 0), (CONTEXT - 1, 1)):
        attend(module, q, k, k, None, start=0, masks=masks, scaling=SCALE, sliding_window=window)
        assert len(masks._made) == made
