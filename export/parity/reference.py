"""The reference of parity: the Hugging Face model on the base, float32, eager, weights dequantized when they are used.

Its memory is the base's own file and one block of rows, whatever the size of the model.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.sources.model import read_config
from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase, QuantizedTensor

_ROWS = 8192


class _Linear(nn.Linear):
    """y = x W^T + b with W `[N, K]` from the base; to PEFT it is a linear, whose `weight` nobody reads."""

    def __init__(self, base: QuantizedBase, name: str, bias: nn.Parameter | None) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = base.tensors[name].shape
        self.base, self.name, self.bias = base, name, bias  # type: ignore[assignment]
        self.weight = nn.Parameter(torch.zeros(1, 1).expand(self.out_features, self.in_features), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        blocks = [slice(start, start + _ROWS) for start in range(0, self.out_features, _ROWS)]
        weights = (torch.from_numpy(self.base.dequantize(self.name, block)) for block in blocks)
        y = torch.cat([functional.linear(x, weight) for weight in weights], dim=-1)
        return y if self.bias is None else y + self.bias


def _give_rows(embedding: nn.Embedding, base: QuantizedBase, name: str) -> None:
    """Before each call the embedding gets the rows that are asked for, and their places among these instead of ids."""

    def give(module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        asked, places = torch.unique(given[0], return_inverse=True)
        module.weight = nn.Parameter(torch.from_numpy(base.dequantize(name, asked.numpy())), requires_grad=False)
        return places, *given[1:]

    embedding.padding_idx = None
    embedding.weight = nn.Parameter(torch.zeros(0, embedding.embedding_dim), requires_grad=False)
    embedding.register_forward_pre_hook(give)


def load_reference(base: Path) -> Any:
    """A `PreTrainedModel` in eval mode, eager attention, no gradients, that computes with the base's own numbers.

    Raises `ExportError` when base and model differ in their tensors.
    """
    from accelerate import init_empty_weights
    from transformers import AutoModelForCausalLM

    config, weights = read_config(base), QuantizedBase.open(base)
    config.dtype = "float32"
    with init_empty_weights(include_buffers=False):  # buffers, such as rotary tables, are computed and not stored
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32)
    whole = [name for name, entry in weights.tensors.items() if not isinstance(entry, QuantizedTensor)]
    raw = {name: torch.from_numpy(weights.tensor(name).copy()) for name in whole}
    unexpected = model.load_state_dict(raw, strict=False, assign=True).unexpected_keys
    used = set(raw) - set(unexpected)
    for path, module in list(model.named_modules()):
        tied = path == "lm_head" and config.tie_word_embeddings
        name = "model.embed_tokens.weight" if tied else f"{path}.weight"
        if not isinstance(weights.tensors.get(name), QuantizedTensor):
            continue
        used.add(name)
        if isinstance(module, nn.Embedding):
            _give_rows(module, weights, name)
        elif isinstance(module, nn.Linear):
            model.set_submodule(path, _Linear(weights, name, module.bias))
    missing = [name for name, parameter in model.named_parameters() if parameter.is_meta]
    if missing or used != set(weights.tensors):
        raise ExportError(
            f"{base}: expected the model's tensors, missing {missing}, unexpected {sorted(set(weights.tensors) - used)}"
        )
    return model.eval().requires_grad_(False)
