"""Equal delegates are lowered once: the copies compute with their own weights."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from export.targets.executorch import delegates
from export.targets.executorch.delegates import equal_delegates_once
from export.targets.executorch.kernels import Norm, QuantizedLinear
from export.targets.executorch.weights import RandomWeights

pytestmark = pytest.mark.slow
WIDTH, LAYERS = 96, 4  # three groups of 32: an odd number in a row


class Layers(nn.Module):
    """Layers of a norm and an int4 linear, each followed by an operator that XNNPACK does not take."""

    def __init__(self) -> None:
        super().__init__()
        source = RandomWeights(32, {})
        self.layers = nn.ModuleList(
            nn.Sequential(
                Norm(source.raw(f"{i}.norm", (WIDTH,)), 1e-6),
                QuantizedLinear(*source.matrix(f"{i}.weight", (WIDTH, WIDTH)), source.raw(f"{i}.bias", (WIDTH,))),
            )
            for i in range(LAYERS)
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.fmod(x + layer(x), 3.0)
        return x


def lower(module: nn.Module, x: Tensor) -> bytes:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import EdgeCompileConfig, to_edge_transform_and_lower

    with torch.no_grad():
        program = torch.export.export(module, (x,), strict=False)
        config = EdgeCompileConfig(_check_ir_validity=False, _skip_dim_order=True)
        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()], compile_config=config)
        return bytes(lowered.to_executorch().buffer)


def run(program: bytes, x: Tensor) -> Tensor:
    from executorch.runtime import Runtime

    loaded = Runtime.get().load_program(program)
    output: Tensor = loaded.load_method("forward").execute([x])[0].clone()
    return output


def test_copies_compute_what_delegates_lowered_one_by_one_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    module, x = Layers(), torch.randn(3, WIDTH, generator=torch.Generator().manual_seed(0))
    copies: list[Any] = []
    original = delegates._copy

    def counted(*given: Any) -> Any:
        copies.append(given)
        return original(*given)

    monkeypatch.setattr(delegates, "_copy", counted)
    expected = run(lower(copy.deepcopy(module), x), x)
    assert not copies
    with equal_delegates_once():
        program = lower(module, x)
    assert len(copies) >= LAYERS - 2  # the first and the last layer's delegates are not like those between
    torch.testing.assert_close(run(program, x), expected, rtol=0, atol=0)
    with torch.no_grad():
        torch.testing.assert_close(expected, module(x), atol=0.1, rtol=0.1)
