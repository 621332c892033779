"""The benchmark's checkpoint and adapters as GGUF files: one quantization throughout, norms and biases float32.

llama.cpp's own converter wants a tokenizer that it knows, so the files are written directly.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from calibration.checkpoint import Checkpoint

_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


_FILE_TYPES = {
    gguf.GGMLQuantizationType.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0,
    gguf.GGMLQuantizationType.Q4_1: gguf.LlamaFileType.MOSTLY_Q4_1,
    gguf.GGMLQuantizationType.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
}


def write_model(checkpoint: Path, path: Path, kind: gguf.GGMLQuantizationType) -> None:
    """`path` from a Hugging Face checkpoint, matrices as `kind`."""
    opened = Checkpoint.open(checkpoint)
    config = opened.config
    writer = gguf.GGUFWriter(path, config["model_type"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base((config.get("rope_parameters") or config)["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(_FILE_TYPES[kind])
    _add_tokenizer(writer, checkpoint / "tokenizer.json")
    for name in opened.tensors:
        values = np.concatenate(list(opened.rows(name)))
        if values.ndim == 1:
            writer.add_tensor(_tensor_name(name), values)
            continue
        values = in_gguf_order(values, name, config)
        writer.add_tensor(_tensor_name(name), gguf.quants.quantize(values, kind), raw_dtype=kind)
    _finish(writer)


def write_adapter(adapter: Path, checkpoint: Path, path: Path) -> None:
    """`path` from a PEFT folder for that checkpoint, matrices in float32 as llama.cpp's converter leaves them."""
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    settings = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    writer = gguf.GGUFWriter(path, config["model_type"])
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(settings["lora_alpha"]))
    for name, values in load_file(adapter / "adapter_model.safetensors").items():
        module, _, side = name.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".")
        if side == "lora_B":
            values = in_gguf_order(values, f"{module}.weight", config)
        writer.add_tensor(f"{_tensor_name(f'{module}.weight')}.{side.lower()}", values.astype(np.float32))
    _finish(writer)


def in_gguf_order(values: NDArray[Any], name: str, config: Mapping[str, Any]) -> NDArray[Any]:
    """Rows `[N, ..]` of Llama's q and k as llama.cpp rotates them: neighbours are a pair, not halves of a head."""
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if config["model_type"] != "llama" or heads is None:
        return values
    halves = values.reshape(config[heads], 2, -1, *values.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(values.shape))


def _tensor_name(name: str) -> str:
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in whole:
        return whole[name]
    _, _, layer, rest = name.split(".", 3)
    module, _, kind = rest.rpartition(".")
    return f"blk.{layer}.{_NAMES[module]}.{kind}"


def _add_tokenizer(writer: gguf.GGUFWriter, path: Path) -> None:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    words = sorted(document["model"]["vocab"], key=document["model"]["vocab"].get)
    special = {token["content"] for token in document["added_tokens"]}
    kinds = [gguf.TokenType.CONTROL if word in special else gguf.TokenType.NORMAL for word in words]
    merges = document["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2" if document["pre_tokenizer"]["type"] == "ByteLevel" else "qwen2")
    writer.add_token_list(words)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_eos_token_id(words.index("<|im_end|>"))
    writer.add_add_bos_token(False)


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
