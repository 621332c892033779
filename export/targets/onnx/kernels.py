"""ONNX Runtime's kernels as leaves of a Hugging Face model: they trace, hold no weights and compute nothing."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.onnx.ops import symbolic, symbolic_multi_out
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from export.sources.features import embedding_scale, gain_offset, norm_epsilon

ATTENTION = "memlora_onnx"
TRACED_RANK = 4  # any number: the graph's rank is symbolic


class QuantizedLinear(nn.Module):
    """`MatMulNBits` over codes `[N, K/g, g/2]` and scales `[N, K/g]`, then bias, then the LoRA slot `(x @ A) @ B`.

    Of an int8 matrix codes are `[N, K]` and scales `[N]`; `int8.finish` puts another kernel in its place.
    """

    def __init__(self, linear: nn.Linear, group_size: int, accuracy_level: int, slot: bool, int8: bool) -> None:
        super().__init__()
        self.rows, self.columns = linear.weight.shape
        self.attributes: dict[str, Any] = {
            "K": self.columns,
            "N": self.rows,
            "bits": 8 if int8 else 4,
            "block_size": self.columns if int8 else group_size,
            "accuracy_level": accuracy_level,
        }
        groups = self.columns // group_size
        if int8:
            self.codes = nn.Buffer(torch.empty(self.rows, self.columns, dtype=torch.int8))
            self.scales = nn.Buffer(torch.empty(self.rows))
        else:
            self.codes = nn.Buffer(torch.empty(self.rows, groups, group_size // 2, dtype=torch.uint8))
            self.scales = nn.Buffer(torch.empty(self.rows, groups, dtype=torch.bfloat16))
        self.bias = linear.bias
        self.slot = slot
        if slot:
            self.lora_A = nn.Buffer(torch.empty(self.columns, TRACED_RANK))
            self.lora_B = nn.Buffer(torch.empty(TRACED_RANK, self.rows))

    def forward(self, x: Tensor) -> Tensor:
        """`[1, T, K]` -> `[1, T, N]`."""
        shape = [*x.shape[:-1], self.rows]
        inputs = [x, self.codes, self.scales.float()]
        y = symbolic("com.microsoft::MatMulNBits", inputs, self.attributes, dtype=x.dtype, shape=shape, version=1)
        if self.bias is not None:
            y = y + self.bias
        if self.slot:
            down = _matmul(x, self.lora_A, [*x.shape[:-1], TRACED_RANK])
            y = y + _matmul(down, self.lora_B, shape)
        return y


class QuantizedEmbedding(nn.Module):
    """`GatherBlockQuantized` over the codes that the head reads too, here seen as `[V, D/2]`."""

    def __init__(self, embedding: nn.Embedding, group_size: int) -> None:
        super().__init__()
        rows, self.columns = embedding.weight.shape
        self.group_size = group_size
        self.scale = embedding_scale(embedding)
        self.codes = nn.Buffer(torch.empty(rows, self.columns // 2, dtype=torch.uint8))
        self.scales = nn.Buffer(torch.empty(rows, self.columns // group_size, dtype=torch.bfloat16))

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 `[1, T]` -> `[1, T, D]`."""
        rows = symbolic(
            "com.microsoft::GatherBlockQuantized",
            [self.codes, tokens, self.scales.float()],
            {"bits": 4, "block_size": self.group_size, "gather_axis": 0, "quantize_axis": 1},
            dtype=torch.float32,
            shape=[*tokens.shape, self.columns],
            version=1,
        )
        return rows if self.scale == 1.0 else rows * self.scale


class Int8Embedding(nn.Module):
    """Rows of int8 codes `[V, D]` times their scales `[V]`, read as they lie in the base."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        rows, columns = embedding.weight.shape
        self.scale = embedding_scale(embedding)
        self.codes = nn.Buffer(torch.empty(rows, columns, dtype=torch.int8))
        self.scales = nn.Buffer(torch.empty(rows))

    def forward(self, tokens: Tensor) -> Tensor:
        """int64 `[1, T]` -> `[1, T, D]`."""
        rows = nn.functional.embedding(tokens, self.codes).float() * self.scales[tokens][..., None]
        return rows if self.scale == 1.0 else rows * self.scale


class SkipNorm(nn.Module):
    """RMSNorm as `SkipSimplifiedLayerNormalization(x, x-x, g)`: the form that is bit-identical across versions.

    g is the stored weight, or 1 + it; ONNX Runtime folds that sum when it loads the graph.
    """

    def __init__(self, path: str, norm: nn.Module) -> None:
        super().__init__()
        self.weight: Any = norm.weight
        self.epsilon, self.offset = norm_epsilon(path, norm), gain_offset(path, norm)

    def forward(self, x: Tensor) -> Tensor:
        """Any `[.., D]`; head norms are folded to three axes, which the kernel asks for, in the order of memory."""
        if not x.is_contiguous() or _is_one_head(x):  # transposed heads `[1, H, T, d]`
            return self(x.transpose(1, 2)).transpose(1, 2)  # type: ignore[no-any-return]
        flat = x if x.dim() == 3 else x.reshape(x.shape[0], -1, x.shape[-1])
        gain = self.weight + self.offset if self.offset else self.weight
        y = symbolic(
            "com.microsoft::SkipSimplifiedLayerNormalization",
            [flat, flat - flat, gain],
            {"epsilon": self.epsilon},
            dtype=x.dtype,
            shape=flat.shape,
            version=1,
        )
        return y if x.dim() == 3 else y.reshape(x.shape)


class RotaryTable(nn.Module):
    """Cosines and sines `[C, d/2]` that the attention kernel reads; the model itself rotates nothing."""

    def __init__(self, context: int, half: int) -> None:
        super().__init__()
        self.cos: Tensor = nn.Buffer(torch.empty(context, half))
        self.sin: Tensor = nn.Buffer(torch.empty(context, half))

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[None, None]:
        """What the layers pass on as position embeddings."""
        return None, None


class RotaryTables(nn.ModuleDict):
    """A `RotaryTable` for each type of layer."""

    def __init__(self, layer_types: list[str], context: int, half: int) -> None:
        super().__init__({kind: RotaryTable(context, half) for kind in layer_types})

    def forward(self, x: Tensor, position_ids: Tensor, layer_type: str) -> tuple[None, None]:
        """What the layers pass on as position embeddings."""
        return None, None


@dataclass
class KeyValueMemory:
    """Past of every layer `[1, Hkv, C, d]`, the lengths that the kernel needs, and what each layer gives back."""

    past: list[tuple[Tensor, Tensor]]
    last_index: Tensor
    total: Tensor
    rotary: RotaryTable | RotaryTables
    present: list[Tensor] = field(default_factory=list)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: None, scaling: float, **given: Any
) -> tuple[Tensor, None]:
    """`GroupQueryAttention` with rotary inside; query `[1, H, T, d]`, key and value `[1, Hkv, T, d]`.

    Its `local_window_size` counts the token itself, as Hugging Face's `sliding_window` does.
    """
    memory: KeyValueMemory = given["memory"]
    batch, heads, length, size = query.shape
    past_key, past_value = memory.past[module.layer_idx]  # type: ignore[index]
    flat = [x.transpose(1, 2).reshape(batch, length, -1) for x in (query, key, value)]
    table: Any = memory.rotary[module.layer_type] if isinstance(memory.rotary, RotaryTables) else memory.rotary  # type: ignore[index]
    attributes: dict[str, Any] = {
        "num_heads": heads,
        "kv_num_heads": key.shape[1],
        "scale": float(scaling),
        "do_rotary": 1,
    }
    if given.get("sliding_window"):
        attributes["local_window_size"] = given["sliding_window"]
    if given.get("softcap"):
        attributes["softcap"] = float(given["softcap"])
    output, present_key, present_value = symbolic_multi_out(
        "com.microsoft::GroupQueryAttention",
        [*flat, past_key, past_value, memory.last_index, memory.total, table.cos, table.sin],
        attributes,
        dtypes=[query.dtype] * 3,
        shapes=[[batch, length, heads * size], past_key.shape, past_value.shape],
        version=1,
    )
    memory.present += [present_key, present_value]
    return output.view(batch, length, heads, size), None


@contextmanager
def rotation_in_kernel(model: nn.Module) -> Iterator[None]:
    """While tracing, the model file's `apply_rotary_pos_emb` passes through: the attention kernel rotates."""
    module = sys.modules[type(model).__module__]
    original = module.apply_rotary_pos_emb
    module.apply_rotary_pos_emb = lambda query, key, *_, **__: (query, key)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.apply_rotary_pos_emb = original  # type: ignore[attr-defined]


def replace_leaves(model: Any, group_size: int, accuracy_level: int, int8: Collection[str]) -> None:
    """Puts the kernels above in place of every linear, embedding, norm and attention of a decoder-only model.

    `int8` holds the paths of those whose matrices are int8.
    """
    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, lambda *_, **__: None)
    model.set_attn_implementation(ATTENTION)
    for path, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            whole = f"{path}.{name}".lstrip(".")
            if isinstance(child, nn.Linear):
                slot = name != "lm_head"
                setattr(parent, name, QuantizedLinear(child, group_size, accuracy_level, slot, whole in int8))
            elif isinstance(child, nn.Embedding):
                table = Int8Embedding(child) if whole in int8 else QuantizedEmbedding(child, group_size)
                setattr(parent, name, table)
            elif type(child).__name__.endswith("RMSNorm"):
                setattr(parent, name, SkipNorm(f"{path}.{name}", child))


def _is_one_head(x: Tensor) -> bool:
    """`[1, 1, T, d]`, which is contiguous although it is transposed. The length T is no plain number while tracing."""
    return x.dim() == 4 and isinstance(x.shape[1], int) and x.shape[1] == 1


def _matmul(x: Tensor, weight: Tensor, shape: list[Any]) -> Tensor:
    return symbolic("MatMul", [x, weight], dtype=x.dtype, shape=shape)
