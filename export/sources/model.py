"""Hugging Face's view of a base: its config, and its model with every weight dequantized."""

import json
from pathlib import Path
from typing import Any

from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase


def read_config(base: Path) -> Any:
    """The `transformers` config of a base folder."""
    from transformers import AutoConfig

    path = base / "hf" / "config.json"
    if not path.is_file():
        raise ExportError(f"{path}: expected the base's config, found none; quantize the checkpoint again")
    values = json.loads(path.read_text(encoding="utf-8"))
    return AutoConfig.for_model(values.pop("model_type"), **values)


def causal_class(config: Any) -> str:
    """The class name of a config's causal language model, by its model type: `architectures` may be missing."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return str(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[config.model_type])


def load_dequantized(base: Path) -> Any:
    """A `PreTrainedModel` in eval mode, float32, eager attention, with the base's weights and no gradients."""
    import torch
    from accelerate import init_empty_weights
    from transformers import AutoModelForCausalLM

    config = read_config(base)
    config.dtype = "float32"
    weights = QuantizedBase.open(base)
    with init_empty_weights(include_buffers=False):  # buffers, such as rotary tables, are computed and not stored
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32)
    state = {name: torch.from_numpy(weights.tensor(name).copy()) for name in weights.names()}
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    tied = bool(config.tie_word_embeddings)
    if unexpected or set(missing) - ({"lm_head.weight"} if tied else set()):
        raise ExportError(f"{base}: expected the model's tensors, missing {missing}, unexpected {unexpected}")
    if tied:
        model.tie_weights()
    return model.eval().requires_grad_(False)
