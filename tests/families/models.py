"""One tiny random model of each family, with everything switched on that the family's real models have.

Two layers, so that one slides and one does not where a family does both; a window of 8 tokens, so that prompts and
steps leave it; soft caps that bite.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import write_checkpoint

CONTEXT = 128
WINDOW = 8
BOTH = ["sliding_attention", "full_attention"]
LLAMA3_ROPE = {
    "rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}  # fmt: skip
SIZES: Mapping[str, Any] = {
    "vocab_size": 384, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 32, "intermediate_size": 128, "max_position_embeddings": CONTEXT, "bos_token_id": None,
    "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 0.2}


def _smollm2() -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(**SIZES, tie_word_embeddings=True)


def _llama32() -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(**SIZES, tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE, mlp_bias=True)


def _qwen25() -> Any:
    from transformers import Qwen2Config

    sliding = {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 1}
    sizes = {**SIZES, "hidden_size": 128}  # its heads are hidden / heads wide
    return Qwen2Config(**{k: v for k, v in sizes.items() if k != "head_dim"}, tie_word_embeddings=True, **sliding)


def _qwen3() -> Any:
    from transformers import Qwen3Config

    return Qwen3Config(**SIZES, tie_word_embeddings=False)


def _gemma2() -> Any:
    from transformers import Gemma2Config

    return Gemma2Config(**SIZES, **CAPS, sliding_window=WINDOW, layer_types=BOTH, query_pre_attn_scalar=8)


def _gemma3() -> Any:
    from transformers import Gemma3TextConfig

    rope = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
    }
    settings = {"sliding_window": WINDOW, "layer_types": BOTH, "query_pre_attn_scalar": 8, "rope_parameters": rope}
    return Gemma3TextConfig(**SIZES, **settings, tie_word_embeddings=False, final_logit_softcapping=2.0)


MODELS: Mapping[str, Callable[[], Any]] = {
    "SmolLM2": _smollm2,
    "Llama 3.2": _llama32,
    "Qwen2.5": _qwen25,
    "Qwen3": _qwen3,
    "Gemma 2": _gemma2,
    "Gemma 3": _gemma3,
}


def random_model(name: str, seed: int = 0, **changes: Any) -> Any:
    """The model `name` with distinct random weights, float32; `changes` are other values in its config."""
    import torch
    from transformers import AutoModelForCausalLM

    config = MODELS[name]()
    for key, value in changes.items():
        setattr(config, key, value)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            spread = 0.3 if parameter.dim() == 1 else 1.2 / parameter.shape[1] ** 0.5
            parameter.add_(torch.randn_like(parameter) * spread)
            if "embed_tokens" in path:
                parameter.mul_(0.1)  # a strong embedding repeats the last token where the head is tied to it
    return model.eval()


def write_model(folder: Path, name: str, seed: int = 0, **changes: Any) -> Path:
    """`random_model` as a checkpoint in Hugging Face format, with the tokenizer of the other tests."""
    write_checkpoint(folder)
    random_model(name, seed, **changes).save_pretrained(folder)
    return folder
