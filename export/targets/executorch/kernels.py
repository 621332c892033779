"""ExecuTorch's kernels as leaves of an unmodified Hugging Face model.

The wiring of the model is untouched: only `nn.Linear`, the norms, the embedding and the attention function are
replaced. Shapes: T tokens, D hidden, K in, N out, R rank, G group, C context, H heads, d head size.
"""

from collections.abc import Callable
from typing import Any, Protocol

import executorch.extension.llm.custom_ops.custom_ops  # noqa: F401  registers custom_sdpa and update_cache
import torch
from torch import Tensor, nn
from torchao.quantization import choose_qparams_affine, dequantize_affine, quantize_affine
from torchao.quantization.quant_primitives import MappingType
from transformers import AttentionInterface
from transformers.cache_utils import Cache
from transformers.masking_utils import AttentionMaskInterface

from export.sources.features import gain_offset, norm_epsilon
from export.targets.executorch.attention import Masks, capped_attention

ATTENTION = "memlora_executorch"
EXTERNAL = ("codes", "scales", "weight", "bias")
"""Attributes of the leaves below whose bytes live in `base.ptd`; every other constant is small and stays inside."""


class WeightSource(Protocol):
    """Where the leaves get their numbers: a base and an adapter, or random ones for a template."""

    @property
    def group_size(self) -> int:
        """Weights that share one scale."""
        ...

    def matrix(self, name: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Codes and scales of a [N, K] tensor.

        Int4: uint8 [N, K/2] (value + 8, even column low) and bfloat16 [N, K/G]; int8: int8 [N, K] and float32 [N].
        """
        ...

    def raw(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A float32 tensor of `shape`."""
        ...

    def lora(self, path: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor] | None:
        """A [R, K] and B [N, R] float32 for the linear [N, K] at `path`, or None where there is no adapter."""
        ...


class QuantizedLinear(nn.Module):
    """y = q8(x) W^T + b, activations rounded to 8 bits per token, as XNNPACK does.

    Int4 weights share a scale in groups of G, int8 ones in rows.
    """

    def __init__(self, codes: Tensor, scales: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        if codes.dtype == torch.int8:
            self.codes, self.scales = nn.Buffer(codes), nn.Buffer(scales)
            self.block, self.range = [1, codes.shape[1]], 127
            self.zeros = nn.Buffer(torch.zeros_like(scales, dtype=torch.int8))
        else:
            self.codes = nn.Buffer(by_row(unpack, codes))
            self.scales = nn.Buffer(by_row(Tensor.float, scales))
            self.zeros = nn.Buffer(torch.zeros(1, scales.shape[1], dtype=torch.int8).expand(scales.shape))
            self.block, self.range = [1, self.codes.shape[1] // scales.shape[1]], 7
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        token = [1] * (x.dim() - 1) + [x.shape[-1]]
        # Without torchao's decorators, whose `no_grad` torch.export would note and inline again, in quadratic time.
        scale, zero = choose_qparams_affine.__wrapped__(
            x, MappingType.ASYMMETRIC, token, torch.int8, quant_min=-128, quant_max=127, zero_point_dtype=torch.int8
        )
        rounded = quantize_affine.__wrapped__(x, token, scale, zero, torch.int8, -128, 127)
        x = dequantize_affine(rounded, token, scale, zero, torch.int8, -128, 127, output_dtype=torch.float32)
        weight = dequantize_affine(
            self.codes,
            self.block,
            self.scales,
            self.zeros,
            torch.int8,
            -self.range - 1,
            self.range,
            output_dtype=torch.float32,
        )
        return nn.functional.linear(x, weight, self.bias)


class LoraLinear(QuantizedLinear):
    """y = base(x) + B A x, with alpha/r folded into B."""

    def __init__(self, codes: Tensor, scales: Tensor, bias: Tensor | None, a: Tensor, b: Tensor) -> None:
        super().__init__(codes, scales, bias)
        self.lora_A = nn.Parameter(a, requires_grad=False)
        self.lora_B = nn.Parameter(b, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + nn.functional.linear(nn.functional.linear(x, self.lora_A), self.lora_B)


class Norm(nn.Module):
    """RMSNorm whose mean is a linear with weights 1/D, because XNNPACK takes no `mean`: delegates stay whole."""

    def __init__(self, gain: Tensor, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(gain, requires_grad=False)
        self.average = nn.Parameter(torch.full((1, gain.shape[0]), 1.0 / gain.shape[0]), requires_grad=False)
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * self.normed(x)

    def normed(self, x: Tensor) -> Tensor:
        """x / rms(x), any `[.., D]`."""
        return x * torch.rsqrt(nn.functional.linear(x * x, self.average) + self.epsilon)


class ShiftedNorm(Norm):
    """RMSNorm times 1 + w, w as the checkpoint stores it."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.normed(x)
        return y + self.weight * y


class Table(nn.Module):
    """The tensors of an embedding, apart so that their names in the program are the names in `base.ptd`."""

    def __init__(self, codes: Tensor, scales: Tensor) -> None:
        super().__init__()
        self.codes = nn.Buffer(codes.contiguous())
        self.scales = nn.Buffer(scales.contiguous())


class Int4Embedding(nn.Module):
    """Rows of the very bytes that the output linear reads, unpacked by portable ops: the table exists once."""

    def __init__(self, codes: Tensor, scales: Tensor, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = Table(codes, scales)
        self.scale = scale

    def forward(self, tokens: Tensor) -> Tensor:
        codes = nn.functional.embedding(tokens, self.weight.codes)
        scales = nn.functional.embedding(tokens, self.weight.scales).float()
        values = torch.stack([codes & 15, torch.bitwise_right_shift(codes, 4)], dim=-1).float() - 8.0
        grouped = values.reshape(*scales.shape, -1) * scales[..., None]
        rows = grouped.reshape(*tokens.shape, -1)
        return rows if self.scale == 1.0 else rows * self.scale


class Int8Embedding(nn.Module):
    """Rows of the int8 bytes that the output linear reads, times their scales."""

    def __init__(self, codes: Tensor, scales: Tensor, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = Table(codes, scales)
        self.scale = scale

    def forward(self, tokens: Tensor) -> Tensor:
        rows = nn.functional.embedding(tokens, self.weight.codes).float() * self.weight.scales[tokens][..., None]
        return rows if self.scale == 1.0 else rows * self.scale


class KeyValue(nn.Module):
    """Keys and values of one layer, float32 [1, C, H, d], written in place."""

    def __init__(self, context: int, heads: int, size: int) -> None:
        super().__init__()
        self.key = nn.Buffer(torch.zeros(1, context, heads, size))
        self.value = nn.Buffer(torch.zeros(1, context, heads, size))


class PassingCache(Cache):  # type: ignore[misc]  # transformers is not followed
    """Lets keys and values through: the attention kernel below keeps them."""

    def __init__(self) -> None:
        super().__init__(layers=[])

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Masks and positions are not derived from it: both are given."""
        return 0

    def update(self, key_states: Tensor, value_states: Tensor, *_a: Any, **_k: Any) -> tuple[Tensor, Tensor]:
        return key_states, value_states


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _mask: None,
    *,
    start: int,
    masks: Masks,
    scaling: float,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_k: Any,
) -> tuple[Tensor, None]:
    """Writes keys and values at `start` and attends causally; [1, H, T, d] in, [1, T, H, d] out.

    A window and a soft cap are what Hugging Face hands to its own attention functions.
    """
    q, k, v = (x.transpose(1, 2).contiguous() for x in (query, key, value))
    kept: KeyValue = module.kept  # type: ignore[assignment]
    torch.ops.llama.update_cache(k, kept.key, start)
    torch.ops.llama.update_cache(v, kept.value, start)
    window = min(sliding_window or masks.context, masks.context)
    if softcap is not None:
        return capped_attention(q, kept.key, kept.value, masks.within(window), scaling, softcap), None
    if window < masks.context:
        mask = masks.within(window)
        return torch.ops.llama.custom_sdpa(q, kept.key, kept.value, start, mask, 0.0, False, scaling), None
    return torch.ops.llama.custom_sdpa(q, kept.key, kept.value, start, None, 0.0, True, scaling), None


AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, lambda *_a, **_k: None)


def by_row(function: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """`function` of every row; one row that is seen many times (a template's weights) stays one row."""
    if values.stride(0) == 0:
        return function(values[:1]).expand(values.shape[0], -1)
    return function(values)


def unpack(codes: Tensor) -> Tensor:
    """Packed uint8 [N, K/2] -> int8 [N, K] in [-8, 7]."""
    return (torch.stack([codes & 15, codes >> 4], dim=-1).to(torch.int8) - 8).reshape(codes.shape[0], -1)


def replaced_norm(path: str, norm: nn.Module, gain: Tensor) -> Norm:
    """`norm` with `gain` as a leaf; raises `ExportError` where the norm is another function."""
    kind = ShiftedNorm if gain_offset(path, norm) else Norm
    return kind(gain, norm_epsilon(path, norm))
