"""Which tensors a model family has, in the order in which the base file stores them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from runtime_py.errors import ConfigError


@dataclass(frozen=True)
class Family:
    """What a family's layers have beside the seven linears; an option names the config key that turns a bias on.

    `defaults` stands for keys that a `config.json` may leave out because they have the family's usual value.
    """

    layer_norms: tuple[str, ...] = ("input_layernorm", "post_attention_layernorm")
    head_norms: bool = False
    qkv_bias: bool | str = "attention_bias"
    output_bias: bool | str = "attention_bias"
    mlp_bias: bool | str = False
    defaults: Mapping[str, Any] = field(default_factory=dict)


_GEMMA = Family(
    layer_norms=(
        "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm",
    ),
    defaults={"tie_word_embeddings": True, "head_dim": 256},
)  # fmt: skip
FAMILIES: Mapping[str, Family] = {
    "llama": Family(mlp_bias="mlp_bias"),
    "qwen2": Family(qkv_bias=True, output_bias=False),
    "qwen3": Family(head_norms=True, defaults={"head_dim": 128}),
    "gemma2": _GEMMA,
    "gemma3_text": replace(_GEMMA, head_norms=True),
}
"""By `model_type`; how they are computed is asked of the Hugging Face model at export."""

LAYER_TYPES = ("full_attention", "sliding_attention")
ROPE_TYPES = ("default", "linear", "llama3", "yarn")
"""Those whose table does not depend on how long the text becomes."""


@dataclass(frozen=True)
class TensorSpec:
    """One tensor: `int4` or `int8` for `[N, K]` matrices, `raw` for norms and biases."""

    name: str
    kind: Literal["int4", "int8", "raw"]
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
    """Shapes of a Hugging Face config; raises `ConfigError` for what no target computes or a missing key."""
    family = str(config.get("model_type"))
    if family not in FAMILIES:
        raise ConfigError(
            f"config.json: expected model_type to be one of {', '.join(FAMILIES)}, got {family!r}; use another base"
        )
    _check_attention(config)
    values = {**FAMILIES[family].defaults, **config}
    try:
        hidden, heads = int(values["hidden_size"]), int(values["num_attention_heads"])
        return Shapes(
            hidden=hidden,
            layers=int(values["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(values.get("num_key_value_heads") or heads),
            head_dim=int(values.get("head_dim") or hidden // heads),
            intermediate=int(values["intermediate_size"]),
            vocabulary=int(values["vocab_size"]),
            tied=bool(values.get("tie_word_embeddings", False)),
        )
    except (KeyError, TypeError) as e:
        raise ConfigError(f"config.json: expected the keys of a {family} model, got {e!r}") from e


def _check_attention(config: Mapping[str, Any]) -> None:
    strange = set(config.get("layer_types") or ()) - set(LAYER_TYPES)
    if strange:
        raise ConfigError(
            f"config.json: expected layer_types among {', '.join(LAYER_TYPES)}, got {min(strange)!r}; use another base"
        )
    if config.get("use_bidirectional_attention"):
        raise ConfigError(
            "config.json: expected causal attention, got use_bidirectional_attention true; use a model that writes text"
        )
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    for parameters in [rope, *(value for value in rope.values() if isinstance(value, Mapping))]:
        kind = parameters.get("rope_type", parameters.get("type", "default"))
        if kind not in ROPE_TYPES:
            raise ConfigError(
                f"config.json: expected a rope_type that does not depend on the length ({', '.join(ROPE_TYPES)}), "
                f"got {kind!r}; use another base"
            )


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
    family = FAMILIES[config["model_type"]]

    def on(option: bool | str) -> bool:
        return option if isinstance(option, bool) else bool(config.get(option, False))

    hidden, queries, keys = shapes.hidden, shapes.heads * shapes.head_dim, shapes.kv_heads * shapes.head_dim
    attention, mlp = f"{path}.self_attn", f"{path}.mlp"
    groups = [
        *_linears(
            [(f"{attention}.q_proj", queries), (f"{attention}.k_proj", keys), (f"{attention}.v_proj", keys)],
            hidden,
            on(family.qkv_bias),
        ),
        *_linears([(f"{attention}.o_proj", hidden)], queries, on(family.output_bias)),
        *_linears(
            [(f"{mlp}.gate_proj", shapes.intermediate), (f"{mlp}.up_proj", shapes.intermediate)],
            hidden,
            on(family.mlp_bias),
        ),
        *_linears([(f"{mlp}.down_proj", hidden)], shapes.intermediate, on(family.mlp_bias)),
    ]
    norms = [(f"{path}.{name}", hidden) for name in family.layer_norms]
    if family.head_norms:
        norms += [(f"{attention}.q_norm", shapes.head_dim), (f"{attention}.k_norm", shapes.head_dim)]
    groups.append([TensorSpec(f"{name}.weight", "raw", (size,)) for name, size in norms])
    return groups


def _linears(rows: list[tuple[str, int]], columns: int, bias: bool) -> list[list[TensorSpec]]:
    groups = [[TensorSpec(f"{name}.weight", "int4", (n, columns)) for name, n in rows]]
    if bias:
        groups.append([TensorSpec(f"{name}.bias", "raw", (n,)) for name, n in rows])
    return groups
