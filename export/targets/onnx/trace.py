"""Traces a Hugging Face model into an ONNX template without weights: memory does not depend on its size."""

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

from export.sources.features import cap_logits, rotary_kinds
from export.targets.onnx.kernels import (
    KeyValueMemory,
    RotaryTable,
    RotaryTables,
    replace_leaves,
    rotation_in_kernel,
)

OPSET = 21
_TRACED_CONTEXT = 64  # any number: the template gets rotary tables of the model's own length


class _Step(nn.Module):
    """tokens, past length, logit positions and past -> logits and present."""

    def __init__(self, causal: Any, context: int, head_dim: int) -> None:
        super().__init__()
        self.model = causal.model
        self.lm_head = causal.lm_head
        self.config = causal.config
        kinds = rotary_kinds(self.model.rotary_emb)
        self.rotary = RotaryTables(kinds, context, head_dim // 2) if kinds else RotaryTable(context, head_dim // 2)
        self.model.rotary_emb = self.rotary

    def forward(
        self, tokens: Tensor, past_length: Tensor, logit_positions: Tensor, *past: Tensor
    ) -> tuple[Tensor, ...]:
        total = past_length + tokens.shape[1]
        memory = KeyValueMemory(
            past=list(zip(past[0::2], past[1::2], strict=True)),
            last_index=(total - 1).to(torch.int32),
            total=total.to(torch.int32).reshape(()),
            rotary=self.rotary,
        )
        positions = torch.zeros_like(tokens)
        hidden = self.model(input_ids=tokens, position_ids=positions, use_cache=False, memory=memory).last_hidden_state
        logits = cap_logits(self.lm_head(hidden.index_select(1, logit_positions)), self.config)
        return (logits, *memory.present)


def trace(config: Any, group_size: int, accuracy_level: int, int8: Collection[str] = ()) -> onnx.ModelProto:
    """The graph of a `transformers` config with a LoRA slot at every linear; initializers name their base tensor.

    `int8` holds the paths of linears and embeddings whose matrices are int8.

    Initializers: `<module>.codes`, `<module>.scales`, `<module>.weight`, `<module>.bias`, `<module>.lora_A|B` and
    the rotary tables (`rotary`), all without data.
    """
    layers, kv_heads = config.num_hidden_layers, config.num_key_value_heads
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    with FakeTensorMode(allow_non_fake_inputs=True):
        from transformers import AutoModelForCausalLM

        causal = AutoModelForCausalLM.from_config(copy.deepcopy(config), dtype=torch.float32).eval()
        replace_leaves(causal, group_size, accuracy_level, int8)
        step = _Step(causal, _TRACED_CONTEXT, head_dim).eval()
        arguments = (torch.zeros(1, 5, dtype=torch.long), torch.zeros(1, dtype=torch.long), torch.arange(2))
        past = tuple(torch.zeros(1, kv_heads, 64, head_dim) for _ in range(2 * layers))
        length, rows, capacity = (torch.export.Dim(name, min=1, max=1 << 20) for name in ("T", "P", "C"))
        kv_names = [f"{i}.{side}" for i in range(layers) for side in ("key", "value")]
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        with rotation_in_kernel(causal.model), redirect_stdout(StringIO()):
            program = torch.onnx.export(
                step,
                (*arguments, *past),
                dynamo=True,
                optimize=False,
                verbose=False,
                opset_version=OPSET,
                dynamic_shapes=({1: length}, None, {0: rows}, tuple({2: capacity} for _ in past)),
                input_names=["tokens", "past_length", "logit_positions", *(f"past.{name}" for name in kv_names)],
                output_names=["logits", *(f"present.{name}" for name in kv_names)],
            )
    return _without_weights(program)


def _without_weights(program: Any) -> onnx.ModelProto:
    """The proto with initializers as references; the trace's file names and line numbers are left behind."""
    model = program.model
    for name, value in list(model.graph.initializers.items()):
        if not value.uses():
            del model.graph.initializers[name]
            continue
        value.const_value = ir.ExternalTensor("none", 0, 0, value.dtype, shape=value.shape, name=name)
    proto: onnx.ModelProto = ir.to_proto(model)
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]
    del proto.graph.value_info[:]
    del proto.graph.metadata_props[:]
    del proto.metadata_props[:]
    proto.producer_name, proto.producer_version = "memlora", ""
    return proto
