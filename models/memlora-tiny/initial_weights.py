"""A small Qwen2 whose first weights already hold an induction circuit; everything is trained normally afterwards."""

import math

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

ROPE_THETA = 1e5
PREVIOUS_AMPLITUDE = 6.6  # of the biases that make a head look one or two tokens back
MATCH = 1.6  # scale of the query and key rows that compare the current token with previous ones
WRITE = 0.075  # output scale of the previous-token head
COPY = 0.15  # output scale of the copying heads


def base_config(vocabulary: int) -> Qwen2Config:
    """Hidden 256, 4 layers, 4 heads of 64, 2 kv heads, ffn 512, tied embeddings."""
    return Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=512,
        tie_word_embeddings=True,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )


def build_model(vocabulary: int, seed: int) -> Qwen2ForCausalLM:
    """The fp32 model with its structured first weights, the same for the same seed."""
    torch.manual_seed(seed)
    config = base_config(vocabulary)
    config._attn_implementation = "sdpa"
    model = Qwen2ForCausalLM(config).float()
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(0, 0.05)
        for layer in model.model.layers:
            for name, weight in layer.named_parameters():
                if weight.ndim == 2:
                    small = "o_proj" in name or "down_proj" in name
                    half = 0.5 if "q_proj" in name or "k_proj" in name else 1.0
                    weight.normal_(0, 0.003 if small else half / math.sqrt(weight.shape[1]))
        _look_back(model)
        _match_and_copy(model)
    return model


def _look_back(model: Qwen2ForCausalLM) -> None:
    """Layer 0: the query heads of kv head 0 look 1 and 2 tokens back by position alone.

    With key bias k and query bias q = R(-offset) k the score q . R(n - m) k is largest at m - n = offset.
    """
    config, attention = model.config, model.model.layers[0].self_attn
    size, pairs = config.hidden_size // config.num_attention_heads, 8
    half = size // 2
    frequencies = ROPE_THETA ** (-torch.arange(pairs) * 2 / size)
    key, query = attention.k_proj.bias, attention.q_proj.bias
    key.zero_()
    query.zero_()
    key[:pairs] = PREVIOUS_AMPLITUDE
    for head in range(config.num_attention_heads // config.num_key_value_heads):
        angle = -(1 + head % 2) * frequencies
        rows = slice(head * size, (head + 1) * size)
        query[head * size : head * size + pairs] = PREVIOUS_AMPLITUDE * torch.cos(angle)
        query[head * size + half : head * size + half + pairs] = PREVIOUS_AMPLITUDE * torch.sin(angle)
        attention.o_proj.weight[:, rows].normal_(0, 0.006)
        attention.q_proj.weight[rows].mul_(0.3)
    attention.k_proj.weight[:size].mul_(0.3)


def _match_and_copy(model: Qwen2ForCausalLM) -> None:
    """Layer 0 head 0 writes the previous token; heads 0 of layers 1 and 2 match it with the current one and copy."""
    config = model.config
    size, width = config.hidden_size // config.num_attention_heads, config.hidden_size

    def orthonormal_rows() -> torch.Tensor:
        rows: torch.Tensor = torch.linalg.qr(torch.randn(width, size))[0].T
        return rows

    current, previous = orthonormal_rows(), orthonormal_rows()
    first = model.model.layers[0].self_attn
    first.v_proj.weight[:size] = current
    first.o_proj.weight[:, :size] = WRITE * previous.T
    slow = [
        index for index in range(size) if index % (size // 2) >= 12
    ]  # the slowly turning RoPE dimensions carry content
    for layer in (1, 2):
        attention, content = model.model.layers[layer].self_attn, orthonormal_rows()
        attention.v_proj.weight[:size] = content
        attention.o_proj.weight[:, :size] = COPY * content.T
        attention.q_proj.weight[:size] *= 0.2
        attention.k_proj.weight[:size] *= 0.2
        attention.q_proj.weight[:size][slow] = MATCH * current[: len(slow)]
        attention.k_proj.weight[:size][slow] = MATCH * previous[: len(slow)]
