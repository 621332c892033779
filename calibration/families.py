"""Which tensors a model family has, in the order in which the base file stores them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runtime_py.errors import ConfigError

FAMILIES = ("llama", "qwen2", "qwen3")


@dataclass(frozen=True)
class TensorSpec:
    """One tensor: `int4` for `[N, K]` matrices, `raw` for norms and biases."""

    name: str
    kind: Literal["int4", "raw"]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Shapes:
    """The numbers of a config that fix every tensor's shape."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool


def read_shapes(config: Mapping[str, Any]) -> Shapes:
    """Shapes of a Hugging Face config; raises `ConfigError` for an unknown family or a missing key."""
    family = config.get("model_type")
    if family not in FAMILIES:
        raise ConfigError(f"config.json: expected model_type to be one of {', '.join(FAMILIES)}, got {family!r}")
    try:
        hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
        return Shapes(
            hidden=hidden,
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or hidden // heads),
            intermediate=int(config["intermediate_size"]),
            vocabulary=int(config["vocab_size"]),
            tied=bool(config.get("tie_word_embeddings", False)),
        )
    except (KeyError, TypeError) as e:
        raise ConfigError(f"config.json: expected the keys of a {family} model, got {e!r}") from e


def tensor_groups(config: Mapping[str, Any]) -> list[list[TensorSpec]]:
    """Every tensor once; the members of a group lie side by side so that one window can serve a packed matmul."""
    shapes = read_shapes(config)
    groups = [[TensorSpec("model.embed_tokens.weight", "int4", (shapes.vocabulary, shapes.hidden))]]
    for layer in range(shapes.layers):
        groups += _layer(f"model.layers.{layer}", shapes, config)
    groups.append([TensorSpec("model.norm.weight", "raw", (shapes.hidden,))])
    if not shapes.tied:
        groups.append([TensorSpec("lm_head.weight", "int4", (shapes.vocabulary, shapes.hidden))])
    return groups


def _layer(path: str, shapes: Shapes, config: Mapping[str, Any]) -> list[list[TensorSpec]]:
    hidden, queries, keys = shapes.hidden, shapes.heads * shapes.head_dim, shapes.kv_heads * shapes.head_dim
    attention_bias = bool(config.get("attention_bias", False))
    qkv_bias = attention_bias or config["model_type"] == "qwen2"
    output_bias = attention_bias and config["model_type"] != "qwen2"
    mlp_bias = bool(config.get("mlp_bias", False)) and config["model_type"] == "llama"
    attention, mlp = f"{path}.self_attn", f"{path}.mlp"
    groups = [
        *_linears(
            [(f"{attention}.q_proj", queries), (f"{attention}.k_proj", keys), (f"{attention}.v_proj", keys)],
            hidden,
            qkv_bias,
        ),
        *_linears([(f"{attention}.o_proj", hidden)], queries, output_bias),
        *_linears(
            [(f"{mlp}.gate_proj", shapes.intermediate), (f"{mlp}.up_proj", shapes.intermediate)], hidden, mlp_bias
        ),
        *_linears([(f"{mlp}.down_proj", hidden)], shapes.intermediate, mlp_bias),
    ]
    norms = [(f"{path}.input_layernorm", hidden), (f"{path}.post_attention_layernorm", hidden)]
    if config["model_type"] == "qwen3":
        norms += [(f"{attention}.q_norm", shapes.head_dim), (f"{attention}.k_norm", shapes.head_dim)]
    groups.append([TensorSpec(f"{name}.weight", "raw", (size,)) for name, size in norms])
    return groups


def _linears(rows: list[tuple[str, int]], columns: int, bias: bool) -> list[list[TensorSpec]]:
    groups = [[TensorSpec(f"{name}.weight", "int4", (n, columns)) for name, n in rows]]
    if bias:
        groups.append([TensorSpec(f"{name}.bias", "raw", (n,)) for name, n in rows])
    return groups
