"""`embed.onnx`: ONNX Runtime's 8-bit kernels in groups, pooling and norm inside."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.onnx.ops import symbolic

from export.embedder.encoder import GROUP, EmbeddingGraph, load_encoder, quantize_groups
from export.embedder.source import EmbedderSource

OPSET = 21


def make_graph(source: EmbedderSource) -> bytes:
    """int64 `input_ids` and `attention_mask` `[1, T]` -> `embedding` float32 `[1, d]` of length 1."""
    model = EmbeddingGraph(load_encoder(source.folder)).eval()
    _quantize_leaves(model)
    return _trace(model)


def _quantize_leaves(model: nn.Module) -> None:
    """8-bit kernels in place of every linear and every embedding whose width is a whole number of groups."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, _Linear(child))
            elif isinstance(child, nn.Embedding) and child.weight.shape[0] > 2:
                setattr(parent, name, _Embedding(child))


class _Linear(nn.Module):
    """`MatMulNBits` with 8-bit groups, then bias."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.rows, self.columns = linear.weight.shape
        codes, scales = quantize_groups(linear.weight)
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
        codes, scales = quantize_groups(embedding.weight)
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
