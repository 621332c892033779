"""ExecuTorch's own `export_llm`: 8da4w, int4 embedding, one program without an adapter, which is its fastest."""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import STAGES, Clock
from benchmarks.peer.peer import Peer, Row
from calibration.checkpoint import Checkpoint
from runtime_py.engines.executorch import load_packages
from runtime_py.engines.kind import Runtime

_NAMES = {
    "self_attn.q_proj": "attention.wq",
    "self_attn.k_proj": "attention.wk",
    "self_attn.v_proj": "attention.wv",
    "self_attn.o_proj": "attention.wo",
    "self_attn.q_norm": "attention.q_norm_fn",
    "self_attn.k_norm": "attention.k_norm_fn",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.up_proj": "feed_forward.w3",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
}
_CONFIG = """\
base: {{model_class: llama3_2, checkpoint: {out}/model.pth, params: {out}/params.json}}
model: {{use_kv_cache: true, use_sdpa_with_kv_cache: true, dtype_override: fp32}}
export: {{max_seq_length: {context}, max_context_length: {context}, output_name: {out}/{name}.pte}}
quantization: {{qmode: 8da4w, group_size: {group}, embedding_quantize: "4,{group}"}}
backend: {{xnnpack: {{enabled: true, extended_ops: true}}}}
"""


class ExecutorchLlm(Peer):
    """The model without an adapter: an export takes a quarter of an hour, and each adapter needs one of its own with,
    in Python, its own copy of the weights. The key/value cache is written in place.
    """

    version = f"executorch {version('executorch')}"

    def __init__(self, model: Path, out: Path, threads: int) -> None:
        super().__init__(model, out, threads)
        import executorch.kernels.quantized  # noqa: F401 - operators that its programs call
        from executorch.extension.pybindings.portable_lib import _unsafe_reset_threadpool

        self._torch, self._runtime = load_packages(Runtime(threads=threads))
        _unsafe_reset_threadpool(threads)
        self._torch.set_num_threads(threads)
        self._program = self._runtime.load_program(out / "plain.pte")  # a method crashes when its program is dropped
        self._method = self._program.load_method("forward")
        self._held = 0

    @classmethod
    def prepare(cls, model: Path, out: Path, group_size: int) -> None:
        config = json.loads((model / "checkpoint" / "config.json").read_text("utf-8"))
        clock = Clock()
        clock("convert")
        _convert(model / "checkpoint", out, config)
        clock("export_llm")
        context, settings = config["max_position_embeddings"], (out / "plain.yaml").absolute()
        settings.write_text(
            _CONFIG.format(out=out.absolute(), name="plain", context=context, group=group_size), "utf-8"
        )
        exporter = "executorch.extension.llm.export.export_llm"
        subprocess.run([sys.executable, "-m", exporter, "--config", settings], check=True, cwd=out)
        clock("done")
        (out / "model.pth").unlink()
        (out / STAGES).write_text(json.dumps(clock.seconds), "utf-8")

    def open(self, operation: str | None) -> None:
        if operation is not None:
            raise NotImplementedError(f"no program of {operation}: only the model without an adapter was exported")

    def select(self, operation: str | None) -> None:
        self.open(operation)

    def feed(self, tokens: Sequence[int]) -> Row:
        given = [np.array([tokens], np.int64), np.array([self._held], np.int64)]
        logits = self._method.execute([self._torch.from_numpy(value) for value in given])[0]
        self._held += len(tokens)
        row: Row = logits.numpy().reshape(-1)
        return row

    def rewind(self, length: int) -> None:
        self._held = length


def _convert(checkpoint: Path, out: Path, config: dict[str, Any]) -> None:
    """`model.pth` and `params.json` in the names of Meta's Llama."""
    import torch

    opened = Checkpoint.open(checkpoint)
    tensors = {_name(name): torch.from_numpy(np.concatenate(list(opened.rows(name)))) for name in opened.tensors}
    tensors["output.weight"] = tensors["tok_embeddings.weight"]
    torch.save({name: values.to(torch.bfloat16) for name, values in tensors.items()}, out / "model.pth")
    params = {
        "dim": config["hidden_size"],
        "n_layers": config["num_hidden_layers"],
        "n_heads": config["num_attention_heads"],
        "n_kv_heads": config["num_key_value_heads"],
        "head_dim": config["head_dim"],
        "hidden_dim": config["intermediate_size"],
        "vocab_size": config["vocab_size"],
        "norm_eps": config["rms_norm_eps"],
        "rope_theta": config["rope_theta"],
        "use_hf_rope": True,
        "attention_qkv_bias": config["model_type"] == "qwen2",
        "use_qk_norm": config["model_type"] == "qwen3",
    }
    (out / "params.json").write_text(json.dumps(params), "utf-8")


def _name(name: str) -> str:
    whole = {"model.embed_tokens.weight": "tok_embeddings.weight", "model.norm.weight": "norm.weight"}
    if name in whole:
        return whole[name]
    _, _, layer, rest = name.split(".", 3)
    module, _, kind = rest.rpartition(".")
    return f"layers.{layer}.{_NAMES[module]}.{kind}"


PEER = ExecutorchLlm
