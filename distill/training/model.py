"""The frozen base that an expert is trained on, with its prompt and its stop token."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from distill.training.config import BasePrecision
from runtime_py.errors import BundleError, ConfigError
from runtime_py.operations import LoraTargets, Operation
from runtime_py.operations.prompt import Prompt
from runtime_py.text import Tokenizer
from runtime_py.weights import QuantizedBase

ATTENTION_QV = ("q_proj", "v_proj")


@dataclass(frozen=True)
class Text:
    """How a base reads and ends text."""

    tokenizer: Tokenizer
    chat: Any  # the Hugging Face tokenizer, for its chat template and its padding token
    stop_token: int
    context_tokens: int

    @classmethod
    def open(cls, hf: Path) -> "Text":
        """From the `hf` folder of a base; raises `ConfigError` when it names no stop token or has no chat template."""
        config = AutoConfig.from_pretrained(hf)
        chat = AutoTokenizer.from_pretrained(hf)
        if not chat.chat_template:
            raise ConfigError(f"{hf}: expected a tokenizer with a chat template, found none; use an instruct model")
        tokenizer = Tokenizer.from_file(hf / "tokenizer.json")
        stops = _stop_tokens(hf, config.eos_token_id)
        if chat.pad_token is None:  # never read: pads stand behind every target
            chat.pad_token = chat.eos_token or tokenizer.decode([stops[0]])
        return cls(tokenizer, chat, _written_stop(chat, tokenizer, stops), int(config.max_position_embeddings))

    def prompt(self, operation: Operation) -> Prompt:
        """The operation's prompt by the base's chat template."""

        def render(messages: list[dict[str, str]]) -> str:
            return str(self.chat.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

        return Prompt.from_chat_template(operation, render)


def load_base(folder: Path, precision: BasePrecision, checkpoint: Path | None = None) -> Any:
    """The Hugging Face model with the base's dequantized int4 weights, float32; or the checkpoint's own in bf16 values.

    Raises `ConfigError` when `bf16` comes without the checkpoint that the base was made from.
    """
    if precision == "bf16":
        if checkpoint is None:
            raise ConfigError("base precision bf16: expected the checkpoint that the base was made from, got none")
        return AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.bfloat16).float()
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
    return model


def cap_logits(logits: torch.Tensor, config: Any) -> torch.Tensor:
    """cap * tanh(logits / cap), as the model's own forward does where its config has a `final_logit_softcapping`."""
    cap = getattr(config, "final_logit_softcapping", None)
    return logits if cap is None else torch.tanh(logits / cap) * cap


def lora_config(model: Any, targets: LoraTargets, rank: int, alpha: int, dropout: float) -> LoraConfig:
    """LoRA on q and v, or on every linear layer of `model` but the head, by the modules' own short names."""
    head = model.get_output_embeddings()
    linear = {name for name, module in model.named_modules() if isinstance(module, nn.Linear) and module is not head}
    short = {name.rpartition(".")[2] for name in linear}
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=sorted(short) if targets == "all_linear" else list(ATTENTION_QV),
        task_type="CAUSAL_LM",
    )


def _stop_tokens(hf: Path, of_config: int | list[int] | None) -> list[int]:
    found = of_config
    path = hf / "generation_config.json"
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id", found)
    stops = found if isinstance(found, list) else [found]
    if not stops or any(stop is None for stop in stops):
        raise ConfigError(f"{hf}: expected eos_token_id in config.json or generation_config.json, found none")
    return [int(stop) for stop in stops if stop is not None]


def _written_stop(chat: Any, tokenizer: Tokenizer, stops: list[int]) -> int:
    """The stop token that the template writes after an answer; the first one when it writes none."""
    mark = "ANSWER-GOES-HERE"
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": mark}]
    tail = str(chat.apply_chat_template(messages, tokenize=False)).rpartition(mark)[2]
    return next((token for token in tokenizer.encode(tail, specials=True) if token in stops), stops[0])
