"""The frozen base that an expert is trained on, with its chat."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from distill.training.config import WEIGHTS, BasePrecision
from runtime_py.errors import BundleError, ConfigError
from runtime_py.operations import LoraTargets
from runtime_py.operations.chat import Chat
from runtime_py.weights import QuantizedBase

ATTENTION_QV = ("q_proj", "v_proj")


def open_chat(hf: Path) -> Chat:
    """The chat of a base's `hf` folder, with a padding token; raises `ConfigError` as `Chat.open` does."""
    chat = Chat.open(hf, AutoTokenizer.from_pretrained, AutoConfig.from_pretrained(hf))
    if chat.template.pad_token is None:  # never read: pads stand behind every target
        chat.template.pad_token_id = chat.turn_end
    return chat


def load_base(
    folder: Path, precision: BasePrecision, checkpoint: Path | None = None, dtype: torch.dtype = torch.float32
) -> Any:
    """The Hugging Face model with the base's dequantized weights in `dtype`; or the checkpoint's own, rounded to bf16.

    Raises `ConfigError` when `bf16` comes without the checkpoint that the base was made from.
    """
    if precision == "bf16":
        if checkpoint is None:
            raise ConfigError("base precision bf16: expected the checkpoint that the base was made from, got none")
        return AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.bfloat16).to(dtype)
    base = QuantizedBase.open(folder)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder / "hf"), dtype=torch.float32)
    weights = {name: torch.from_numpy(base.tensor(name).copy()) for name in base.names()}
    missing, unknown = model.load_state_dict(weights, strict=False)
    tied = set(model.all_tied_weights_keys) if model.config.tie_word_embeddings else set()
    missing = [name for name in missing if name not in tied]
    if missing or unknown:
        raise BundleError(
            f"{folder}: expected the tensors of a {model.config.model_type}, "
            f"got {len(missing)} missing and {len(unknown)} unknown (first {[*missing, *unknown][0]}); quantize again",
            "unlinkable parts",
        )
    return model.to(dtype)


def load_adapter(model: Any, folder: Path) -> None:
    """The A and B of the expert in `folder` into the `PeftModel` `model`.

    Raises `ConfigError` where its layers, rank or alpha differ.
    """
    given = load_file(folder / WEIGHTS)
    alpha = PeftConfig.from_pretrained(str(folder)).lora_alpha
    shapes = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(model).items()}
    found = {name: tuple(tensor.shape) for name, tensor in given.items()}
    settings = model.peft_config[model.active_adapter]
    if found != shapes or alpha != settings.lora_alpha:
        raise ConfigError(
            f"{folder}: expected the {len(shapes)} tensors of this training, of rank {settings.r} and alpha "
            f"{settings.lora_alpha}, got {len(found)} others or alpha {alpha}; train with its settings"
        )
    set_peft_model_state_dict(model, given)


def cap_logits(logits: torch.Tensor, config: Any) -> torch.Tensor:
    """cap * tanh(logits / cap), as the model's own forward does where its config has a `final_logit_softcapping`."""
    cap = getattr(config, "final_logit_softcapping", None)
    return logits if cap is None else torch.tanh(logits / cap) * cap


def lora_config(
    model: Any, targets: LoraTargets, rank: int, alpha: int, dropout: float, first_layer: int = 0
) -> LoraConfig:
    """LoRA on q and v, or on every linear layer of `model` but the head, in the layers from `first_layer` on.

    Raises `ConfigError` where the model has no such layer.
    """
    layers = int(model.config.num_hidden_layers)
    if first_layer >= layers:
        raise ConfigError(f"first_layer: expected less than the base's {layers} layers, got {first_layer}")
    head = model.get_output_embeddings()
    linear = {name for name, module in model.named_modules() if isinstance(module, nn.Linear) and module is not head}
    short = {name.rpartition(".")[2] for name in linear}
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        layers_to_transform=list(range(first_layer, layers)) if first_layer else None,
        target_modules=sorted(short) if targets == "all_linear" else list(ATTENTION_QV),
        task_type="CAUSAL_LM",
    )
