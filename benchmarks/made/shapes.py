"""Random models of true shapes: a Hugging Face checkpoint, its tokenizer, and one PEFT adapter per operation.

    python -m benchmarks.made.shapes qwen2.5-0.5b build/peers/qwen2.5-0.5b

Speed, memory and size do not depend on what weights say, so random ones of the right shape measure what trained ones
would. The same shape and seed give the same bytes; what is already there is left alone.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.made.shape_tokenizer import write_tokenizer
from calibration.families import TensorSpec, read_shapes, tensor_groups
from runtime_py import operations

LORA_RANK = 8
TARGETS = {
    "attention_qv": ("q_proj", "v_proj"),
    "all_linear": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
}
_ROWS = 8192


@dataclass(frozen=True)
class Shape:
    """The numbers of a published model; `head` is the size of one attention head.

    `embedding` is the standard deviation of its random table: large, so that greedy steps are no near ties and an
    export's parity passes, but within a cap on logits. `more` is what the family's `config.json` has besides.
    """

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    intermediate: int
    vocabulary: int
    rope_theta: float
    context: int = 4096
    embedding: float = 1.0
    more: Mapping[str, Any] = field(default_factory=dict)

    def config(self) -> dict[str, Any]:
        """The model's `config.json`."""
        return {
            "architectures": [f"{self.family.capitalize()}ForCausalLM"],
            "model_type": self.family,
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head,
            "intermediate_size": self.intermediate,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": self.context,
            "rope_theta": self.rope_theta,
            "rms_norm_eps": 1e-6,
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": 2,
            "pad_token_id": 0,
            "dtype": "bfloat16",
            **self.more,
        }


_GEMMA2 = {
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "hidden_activation": "gelu_pytorch_tanh",
}
SHAPES = {
    "tiny": Shape("qwen2", 128, 2, 4, 2, 32, 256, 2048, 1e4, context=2048),
    "qwen2.5-0.5b": Shape("qwen2", 896, 24, 14, 2, 64, 4864, 151936, 1e6),
    "qwen3-0.6b": Shape("qwen3", 1024, 28, 16, 8, 128, 3072, 151936, 1e6),
    "llama3.2-1b": Shape("llama", 2048, 16, 32, 8, 64, 8192, 128256, 5e5),
    "qwen2.5-1.5b": Shape("qwen2", 1536, 28, 12, 2, 128, 8960, 151936, 1e6),
    "gemma2-2b": Shape("gemma2", 2304, 26, 8, 4, 256, 9216, 256000, 1e4, embedding=0.1, more=_GEMMA2),
    "qwen2.5-3b": Shape("qwen2", 2048, 36, 16, 2, 128, 11008, 151936, 1e6),
}


def write_model(shape: Shape, folder: Path, seed: int = 0) -> None:
    """`folder/checkpoint` (bfloat16, written tensor by tensor) and `folder/adapters/<operation>`."""
    checkpoint = folder / "checkpoint"
    weights = checkpoint / "model.safetensors"
    if not weights.is_file():
        checkpoint.mkdir(parents=True, exist_ok=True)
        (checkpoint / "config.json").write_text(json.dumps(shape.config(), indent=1), "utf-8")
        write_tokenizer(checkpoint, shape.vocabulary)
        specs = [spec for group in tensor_groups(shape.config()) for spec in group]
        partial = weights.with_suffix(".partial")
        _write_weights(partial, specs, shape, seed)
        partial.rename(weights)
    for number, name in enumerate(operations.names(), 1):
        if not (folder / "adapters" / name / "adapter_config.json").is_file():
            write_adapter(folder / "adapters" / name, shape, operations.get(name).lora_targets, seed + number)


def write_adapter(folder: Path, shape: Shape, targets: str, seed: int) -> None:
    """A PEFT folder with rank 8 matrices, neither of which is zero."""
    from peft import LoraConfig
    from safetensors.numpy import save_file

    random = np.random.default_rng(seed)
    tensors: dict[str, Any] = {}
    for name, (rows, columns) in linear_shapes(shape).items():
        if name.rpartition(".")[2] in TARGETS[targets]:
            path = f"base_model.model.{name}"
            a = random.standard_normal((LORA_RANK, columns), np.float32) / math.sqrt(columns)
            b = random.standard_normal((rows, LORA_RANK), np.float32) * np.float32(0.05)
            tensors |= {f"{path}.lora_A.weight": a, f"{path}.lora_B.weight": b}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = LoraConfig(
        r=LORA_RANK, lora_alpha=2 * LORA_RANK, target_modules=list(TARGETS[targets]), task_type="CAUSAL_LM"
    )
    config.save_pretrained(folder)


def linear_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Module path -> [N, K] of every linear layer that can carry an adapter."""
    specs = [spec for group in tensor_groups(shape.config()) for spec in group]
    return {s.name.removesuffix(".weight"): s.shape for s in specs if s.kind == "int4" and "_proj" in s.name}


def parameters(shape: Shape) -> int:
    """How many weights the model has."""
    assert read_shapes(shape.config()).tied
    return sum(math.prod(spec.shape) for group in tensor_groups(shape.config()) for spec in group)


def _write_weights(path: Path, specs: list[TensorSpec], shape: Shape, seed: int) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for spec in specs:
        start, end = end, end + 2 * math.prod(spec.shape)
        header[spec.name] = {"dtype": "BF16", "shape": list(spec.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for number, spec in enumerate(specs):
            for values in _random_rows(spec, shape, np.random.default_rng([seed, number])):
                file.write((values.view(np.uint32) >> 16).astype("<u2").tobytes())


def _random_rows(spec: TensorSpec, shape: Shape, random: np.random.Generator) -> Iterator[NDArray[np.float32]]:
    columns = spec.shape[1:]
    for start in range(0, spec.shape[0], _ROWS):
        values = random.standard_normal((min(_ROWS, spec.shape[0] - start), *columns), np.float32)
        if spec.name == "model.embed_tokens.weight":
            yield values * np.float32(shape.embedding)
        elif spec.kind == "int4":
            yield values * np.float32(0.5 / math.sqrt(columns[0]))
        else:
            is_gain = spec.name.endswith("norm.weight") and shape.family != "gemma2"  # gemma2 adds the one itself
            yield values * np.float32(0.05) + np.float32(is_gain)


def main(arguments: list[str]) -> None:
    shapes: Mapping[str, Shape] = SHAPES
    name, folder = arguments
    write_model(shapes[name], Path(folder))
    print(f"{folder}: {name}, {parameters(shapes[name]) / 1e6:.0f} million random weights")


if __name__ == "__main__":
    main(sys.argv[1:])
