"""Traces a Hugging Face model into a float graph of static shapes without weights: one for a chunk, one for a step."""

import copy
import logging
from collections.abc import Collection
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from export.sources.features import rotary_kinds
from export.targets.qnn.graph import simplify
from export.targets.qnn.kernels import KeyValueMemory, RotaryTable, own_rotation, replace_leaves
from export.targets.qnn.quantize import OPSET
from runtime_py.errors import ExportError


class _Step(nn.Module):
    """Rows of the embedding, positions, mask, the row to give logits of, and past -> logits and what is new of it."""

    def __init__(self, causal: Any, context: int, head_dim: int) -> None:
        super().__init__()
        self.model = causal.model
        self.lm_head = causal.lm_head
        if rotary_kinds(self.model.rotary_emb) or getattr(causal.config, "final_logit_softcapping", None):
            raise ExportError(
                f"cannot lower {type(causal).__name__} for qnn: expected one rotary table and no cap of the logits, "
                "got a model with other ones; leave this target out"
            )
        self.rotary = RotaryTable(context, head_dim)
        self.model.rotary_emb = self.rotary

    def forward(
        self, hidden: Tensor, positions: Tensor, mask: Tensor, row: Tensor, *past: Tensor
    ) -> tuple[Tensor, ...]:
        memory = KeyValueMemory(list(zip(past[0::2], past[1::2], strict=True)), mask)
        self.rotary.take(positions)
        places = torch.zeros(1, hidden.shape[1], dtype=torch.long)
        given = {"inputs_embeds": hidden, "position_ids": places, "use_cache": False, "memory": memory}
        last = self.model(**given).last_hidden_state.index_select(1, row)
        return (self.lm_head(last), *memory.present)


def kv_names(layers: int) -> list[str]:
    """`<layer>.key` and `<layer>.value` in the order of a graph's inputs."""
    return [f"{layer}.{side}" for layer in range(layers) for side in ("key", "value")]


_traced: dict[tuple[object, ...], bytes] = {}
"""Graphs without weights, serialized: operations whose adapters are folded have the same ones, which take seconds."""


def trace(config: Any, slots: Collection[str], tokens: int, window: int) -> onnx.ModelProto:
    """The graph that takes `tokens` tokens T after at most `window` earlier ones C.

    Inputs: `hidden` `[1, T, D]`, int32 `positions` `[T]`, `mask` `[1, 1, T, C + T]` (0 where a key may be seen, far
    below 0 elsewhere), int32 `row` `[1]`, `past.<i>.key` `[1, Hkv, d, C]`, `past.<i>.value` `[1, Hkv, C, d]`, and
    `<slot>.lora_A|B`. Outputs: `logits` `[1, 1, V]` of the row, `present.<i>.key|value` of the T tokens.
    """
    key = (type(config), config.to_json_string(use_diff=False), tuple(sorted(slots)), tokens, window)
    if key not in _traced:
        _traced[key] = _trace(config, slots, tokens, window).SerializeToString()
    return onnx.load_from_string(_traced[key])


def _trace(config: Any, slots: Collection[str], tokens: int, window: int) -> onnx.ModelProto:
    layers, kv_heads = config.num_hidden_layers, config.num_key_value_heads
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    with FakeTensorMode(allow_non_fake_inputs=True):
        from transformers import AutoModelForCausalLM

        causal = AutoModelForCausalLM.from_config(copy.deepcopy(config), dtype=torch.float32).eval()
        replace_leaves(causal, slots)
        step = _Step(causal, window, head_dim).eval()
        arguments = (
            torch.zeros(1, tokens, config.hidden_size),
            torch.zeros(tokens, dtype=torch.int32),
            torch.zeros(1, 1, tokens, window + tokens),
            torch.zeros(1, dtype=torch.int32),
        )
        sides = ((1, kv_heads, head_dim, window), (1, kv_heads, window, head_dim))
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        with own_rotation(causal.model), redirect_stdout(StringIO()):
            program = torch.onnx.export(
                step,
                (*arguments, *(torch.zeros(side) for _ in range(layers) for side in sides)),
                dynamo=True,
                optimize=False,
                verbose=False,
                opset_version=OPSET,
                input_names=["hidden", "positions", "mask", "row", *(f"past.{name}" for name in kv_names(layers))],
                output_names=["logits", *(f"present.{name}" for name in kv_names(layers))],
            )
    return _without_weights(program)


def _without_weights(program: Any) -> onnx.ModelProto:
    model = program.model
    for name, value in list(model.graph.initializers.items()):
        if not value.uses():
            del model.graph.initializers[name]
        elif "." in name:
            value.const_value = ir.ExternalTensor("none", 0, 0, value.dtype, shape=value.shape, name=name)
    proto: onnx.ModelProto = ir.to_proto(model)
    proto.producer_name, proto.producer_version = "memlora", ""
    return simplify(proto)
