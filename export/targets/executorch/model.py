"""The program of an operation: a Hugging Face model with every leaf replaced, and the inputs both runtimes share."""

from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM

from export.sources.features import cap_logits, embedding_scale
from export.targets.executorch.attention import Masks
from export.targets.executorch.kernels import (
    ATTENTION,
    Int4Embedding,
    Int8Embedding,
    KeyValue,
    LoraLinear,
    PassingCache,
    QuantizedLinear,
    WeightSource,
    replaced_norm,
)
from runtime_py.errors import ExportError


class LanguageProgram(nn.Module):
    """tokens int64 [1, T], start int64 [1], logit_positions int64 [P] -> logits float32 [1, P, V]."""

    def __init__(self, causal: Any, context: int) -> None:
        super().__init__()
        self.model = causal.model
        self.lm_head = causal.lm_head
        self.context = context

    def forward(self, tokens: Tensor, start: Tensor, logit_positions: Tensor) -> Tensor:
        first = start[0].item()
        torch._check(first >= 0)  # type: ignore[no-untyped-call]
        torch._check(first + tokens.shape[1] <= self.context)  # type: ignore[no-untyped-call]
        positions = torch.arange(tokens.shape[1]) + start
        hidden = self.model(
            input_ids=tokens,
            position_ids=positions[None],
            past_key_values=PassingCache(),
            use_cache=True,
            start=first,
            masks=Masks(positions, self.context),
        ).last_hidden_state
        return cap_logits(self.lm_head(hidden.index_select(1, logit_positions)), self.model.config)


def build_program(config: dict[str, Any], source: WeightSource, context: int) -> LanguageProgram:
    """The model of a `config.json` with ExecuTorch's leaves, holding int4 or int8 codes instead of weights.

    Raises `ExportError` for a module that no leaf replaces, and for more context than the model was made for.
    """
    parsed = AutoConfig.for_model(**config)
    most = parsed.max_position_embeddings
    if context > most:
        raise ExportError(f"context: expected at most the model's {most} tokens, got {context}; ask for a shorter one")
    with init_empty_weights(include_buffers=False):
        causal = AutoModelForCausalLM.from_config(parsed, attn_implementation=ATTENTION).eval()
    tied = bool(parsed.tie_word_embeddings)
    for path, module in list(causal.named_modules()):
        leaf = _leaf(path, module, source, tied)
        if leaf is not None:
            causal.set_submodule(path, leaf)
        elif type(module).__name__.endswith("Attention"):
            heads = parsed.num_key_value_heads
            module.kept = KeyValue(context, heads, module.head_dim)
    left = [name for name, p in causal.named_parameters() if p.is_meta]
    if left:
        raise ExportError(f"cannot lower {parsed.model_type}: expected linears, norms, an embedding, got {left[0]}")
    return LanguageProgram(causal, context)


def _leaf(path: str, module: nn.Module, source: WeightSource, tied: bool) -> nn.Module | None:
    """What replaces `module`, or None where it stays."""
    if isinstance(module, nn.Embedding):
        codes, scales = source.matrix(f"{path}.weight", tuple(module.weight.shape))  # type: ignore[arg-type]
        kind = Int8Embedding if codes.dtype == torch.int8 else Int4Embedding
        return kind(codes, scales, embedding_scale(module))
    if isinstance(module, nn.Linear):
        shape = (module.out_features, module.in_features)
        name = "model.embed_tokens.weight" if tied and path == "lm_head" else f"{path}.weight"
        bias = None if module.bias is None else source.raw(f"{path}.bias", shape[:1])
        codes, scales = source.matrix(name, shape)
        pair = source.lora(path, shape)
        return QuantizedLinear(codes, scales, bias) if pair is None else LoraLinear(codes, scales, bias, *pair)
    if type(module).__name__.endswith("RMSNorm"):
        shape_of_gain: tuple[int, ...] = tuple(module.weight.shape)  # type: ignore[arg-type]
        return replaced_norm(path, module, source.raw(f"{path}.weight", shape_of_gain))
    return None
