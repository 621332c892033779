"""Leaves of a Hugging Face model in forms that a Hexagon NPU takes: static shapes, products of matrices.

They trace, hold no weights and compute nothing. Names of their buffers are the names of the graph's constants.
"""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.onnx.ops import symbolic
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from export.sources.features import gain_offset, norm_epsilon
from runtime_py.errors import ExportError

ATTENTION = "memlora_qnn"
GAINS = ("gain", "gain_over_one")
TRACED_RANK = 4  # any number: a graph gets the ranks of its adapters


class TransposedLinear(nn.Module):
    """`x @ W + b`, with a slot `+ (x @ A) @ B`; W `[K, N]` as a constant, A `[K, R]` and B `[R, N]` as inputs."""

    def __init__(self, linear: nn.Linear, slot: bool) -> None:
        super().__init__()
        self.rows, self.columns = linear.weight.shape
        self.matrix = nn.Buffer(torch.empty(self.columns, self.rows))
        self.bias = linear.bias
        self.slot = slot
        if slot:
            self.lora_A = nn.Buffer(torch.empty(self.columns, TRACED_RANK))
            self.lora_B = nn.Buffer(torch.empty(TRACED_RANK, self.rows))

    def forward(self, x: Tensor) -> Tensor:
        """`[1, T, K]` -> `[1, T, N]`."""
        y = _matmul(x, self.matrix)
        if self.bias is not None:
            y = y + self.bias
        if self.slot:
            y = y + _matmul(_matmul(x, self.lora_A), self.lora_B)
        return y


class Norm(nn.Module):
    """RMSNorm as the one operator that the NPU has for it; its gain is the stored weight, or 1 + it (`GAINS`)."""

    def __init__(self, path: str, norm: nn.Module) -> None:
        super().__init__()
        self.gain_name = GAINS[gain_offset(path, norm)]
        self.register_buffer(self.gain_name, torch.empty_like(norm.weight))  # type: ignore[arg-type]
        self.epsilon = norm_epsilon(path, norm)

    def forward(self, x: Tensor) -> Tensor:
        """Any `[.., D]`."""
        return symbolic(
            "RMSNormalization",
            [x, getattr(self, self.gain_name)],
            {"axis": -1, "epsilon": self.epsilon},
            dtype=x.dtype,
            shape=x.shape,
            version=23,
        )


class RotaryTable(nn.Module):
    """Rows of constant tables `[C, d]`: cosines twice, and sines with the first half negated (see `rotate`)."""

    def __init__(self, context: int, size: int) -> None:
        super().__init__()
        self.cos = nn.Buffer(torch.empty(context, size))
        self.sin = nn.Buffer(torch.empty(context, size))
        self.rows: tuple[Tensor, Tensor]

    def take(self, positions: Tensor) -> None:
        """Chooses the rows `[T, d]` of int32 `positions` `[T]` for all layers."""
        self.rows = self.cos.index_select(0, positions), self.sin.index_select(0, positions)

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        """The rows that were chosen: the graph is given positions as it takes them."""
        return self.rows


def rotate(query: Tensor, key: Tensor, cos: Tensor, sin: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
    """Hugging Face's `x * cos + rotate_half(x) * sin`, the minus of `rotate_half` being in the sines."""

    def turned(x: Tensor) -> Tensor:
        half = x.shape[-1] // 2
        return x * cos + torch.cat((x[..., half:], x[..., :half]), dim=-1) * sin

    return turned(query), turned(key)


@dataclass
class KeyValueMemory:
    """Past keys `[1, Hkv, d, C]` and values `[1, Hkv, C, d]` of every layer, the mask, and what each layer adds."""

    past: list[tuple[Tensor, Tensor]]
    mask: Tensor
    present: list[Tensor] = field(default_factory=list)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: None, scaling: float, **given: Any
) -> tuple[Tensor, None]:
    """Attention by two matrix products; query `[1, H, T, d]`, key and value `[1, Hkv, T, d]`.

    Heads that share keys are rows of one product, so keys are never repeated. Keys are kept as columns.
    """
    memory: KeyValueMemory = given["memory"]
    path = f"model.layers.{module.layer_idx}.self_attn"
    for feature in ("sliding_window", "softcap"):
        if given.get(feature):
            raise ExportError(f"cannot lower {path} for qnn: expected attention without {feature}, got one with it")
    _, heads, length, size = query.shape
    kv_heads = key.shape[1]
    past_key, past_value = memory.past[module.layer_idx]  # type: ignore[index]
    columns = key.transpose(2, 3)
    keys, values = torch.cat((past_key, columns), dim=3), torch.cat((past_value, value), dim=2)
    scaled = (query * scaling).reshape(1, kv_heads, heads // kv_heads * length, size)
    scores = torch.matmul(scaled, keys).reshape(1, heads, length, keys.shape[3])
    weights = torch.softmax(scores + memory.mask, dim=-1)
    mixed = torch.matmul(weights.reshape(1, kv_heads, heads // kv_heads * length, keys.shape[3]), values)
    memory.present += [columns, value]
    return mixed.reshape(1, heads, length, size).transpose(1, 2), None


@contextmanager
def own_rotation(model: nn.Module) -> Iterator[None]:
    """While tracing, the model file's `apply_rotary_pos_emb` is `rotate`."""
    module = sys.modules[type(model).__module__]
    original = module.apply_rotary_pos_emb
    module.apply_rotary_pos_emb = rotate  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.apply_rotary_pos_emb = original  # type: ignore[attr-defined]


def replace_leaves(model: Any, slots: Collection[str]) -> None:
    """Puts the kernels above in place of every linear, norm and attention; `slots` are paths with a LoRA slot."""
    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, lambda *_, **__: None)
    model.set_attn_implementation(ATTENTION)
    for path, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            whole = f"{path}.{name}".lstrip(".")
            if isinstance(child, nn.Linear):
                setattr(parent, name, TransposedLinear(child, whole in slots))
            elif type(child).__name__.endswith("RMSNorm"):
                setattr(parent, name, Norm(whole, child))


def _matmul(x: Tensor, weight: Tensor) -> Tensor:
    return symbolic("MatMul", [x, weight], dtype=x.dtype, shape=[*x.shape[:-1], weight.shape[1]])
