"""`embed.pte`: 8-bit tables and linears on XNNPACK, pooling and norm inside.

XNNPACK has no 8-bit linear in groups: weights have one scale per output, activations are rounded to 8 bits per token.
Outlier columns of MiniLM lose too much by that (worst cosine to float32 on the test's sentences 0.992), so inputs are
divided and weights multiplied by a factor per column (SmoothQuant, arXiv 2211.10438; 0.9972), and the linears that
narrow, the second of each feed-forward, stay float32 (0.9987; all three measured in eager torch).
"""

import json
from importlib.metadata import version
from typing import Any

import executorch.extension.llm.custom_ops.custom_ops  # noqa: F401  loads the runtime whose kernels are checked
import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.exir import EdgeCompileConfig, ExecutorchBackendConfig, to_edge_transform_and_lower
from torch import Tensor, nn
from torch.export import Dim
from torchao.quantization import choose_qparams_affine, dequantize_affine, quantize_affine
from torchao.quantization.quant_primitives import MappingType
from transformers import AttentionInterface

from export.embedder import encoder
from export.embedder.encoder import EmbeddingGraph, load_encoder, quantize_groups
from export.embedder.smoothing import input_peaks
from export.embedder.source import EmbedderSource
from export.lowered.templates import Blob, Template, Weight, fill, get_template, structure_key
from export.machine.cache import sources_sha256
from export.targets.executorch import lower
from export.targets.executorch.lower import check_delegated, check_kernels, settle_views

ATTENTION = "memlora_embedder_executorch"
MASKED = -1e4  # added to the scores of padding: exp gives 0, and XNNPACK sees no infinity
_TOOLS = ("executorch", "torch", "torchao", "transformers")
_WEIGHTS = ("weight", "bias", "codes", "scales", "inverse")
"""Names of the tensors that a checkpoint decides; every other one follows from the shapes."""


def make_program(source: EmbedderSource) -> bytes:
    """The program of `source`, linked into the template of its structure.

    Method `forward`: int64 `input_ids` and `attention_mask` `[1, T]`, 1 <= T <= `max_tokens` -> float32 `[1, d]` of
    length 1. Raises `ExportError` when a heavy operator stays outside the delegates.
    """
    model = quantized(source)
    key = describe(source)
    template = get_template(key, lambda: lower_template(key, quantized(source), source.max_tokens))
    return link_program(template, model)


def describe(source: EmbedderSource) -> str:
    """The key of the structure of `source`'s program."""
    config = json.loads((source.folder / "config.json").read_text("utf-8"))
    for irrelevant in ("_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version"):
        config.pop(irrelevant, None)
    sources = sources_sha256(__name__, encoder.__name__, lower.__name__)
    versions = {tool: version(tool) for tool in _TOOLS} | {"kernels": sources}
    return structure_key({"embedder": config, "max_tokens": source.max_tokens, "versions": versions})


def lower_template(key: str, model: nn.Module, max_tokens: int) -> Template:
    """Lowers `model` with random weights, which it keeps, and notes where each of them and its key went."""
    generator = torch.Generator().manual_seed(0)
    blobs = []
    for name, part, value in weights(model):
        if value.dtype.is_floating_point:
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        else:  # positive: a table's codes are unsigned
            value.copy_(torch.randint(0, 128, value.shape, generator=generator))
        blobs.append(Blob(name, part, value.contiguous().numpy().tobytes()))
    return Template.of(key, lower_program(model, max_tokens), blobs)


def link_program(template: Template, model: nn.Module) -> bytes:
    """The program with the weights of `model`, equal to its genuine lowering; milliseconds."""
    given = {(name, part): value for name, part, value in weights(model)}
    return fill(template, lambda slot: Weight.of(given[slot.name, slot.part].contiguous().numpy().tobytes()))


def weights(model: nn.Module) -> list[tuple[str, str, Tensor]]:
    """Path of the module, name and detached tensor of everything that a checkpoint decides."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    split = [(*name.rpartition(".")[::2], value.detach()) for name, value in tensors]
    return [(path, name, value) for path, name, value in split if name in _WEIGHTS]


def lower_program(model: nn.Module, max_tokens: int) -> bytes:
    """The genuine lowering: a minute and more."""
    length = Dim("T", min=1, max=max_tokens)
    shapes = ({1: length}, {1: length})
    arguments = (torch.tensor([[101, 2054, 2003, 102]]), torch.ones(1, 4, dtype=torch.long))
    with torch.no_grad():
        traced = torch.export.export(model, arguments, dynamic_shapes=shapes, strict=False).run_decompositions({})
        module = traced.module()
        settle_views(module)
        settled = torch.export.export(module, arguments, dynamic_shapes=shapes, strict=False).run_decompositions({})
        lowered = to_edge_transform_and_lower(
            settled,
            partitioner=[XnnpackPartitioner()],
            compile_config=EdgeCompileConfig(_check_ir_validity=False, _skip_dim_order=True),
        )
        check_delegated(lowered.exported_program())
        done = lowered.to_executorch(ExecutorchBackendConfig(extract_delegate_segments=True))
    plan = done.executorch_program.execution_plan[0]
    check_kernels(f"{operator.name}.{operator.overload}".removesuffix(".") for operator in plan.operators)
    return bytes(done.buffer)


def quantized(source: EmbedderSource) -> nn.Module:
    """The embedder with ExecuTorch's kernels as leaves, in eager torch."""
    encoder = load_encoder(source.folder)
    encoder.pooler = None  # never read: the graph pools by itself
    model = _Program(encoder).eval()
    peaks = input_peaks(model, source)
    for path, parent in list(model.named_modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear) and child.out_features >= child.in_features:
                setattr(parent, name, _Linear(child, peaks[f"{path}.{name}"]))
            elif isinstance(child, nn.LayerNorm):
                setattr(parent, name, _Norm(child))
            elif isinstance(child, nn.Embedding) and child.weight.shape[0] > 2:
                setattr(parent, name, _Embedding(child))
    return model


class _Program(EmbeddingGraph):
    """The mask is given as what is added to the scores, `[1, 1, 1, T]`."""

    def __init__(self, encoder: Any) -> None:
        super().__init__(encoder)
        encoder.set_attn_implementation(ATTENTION)

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        added = (1.0 - attention_mask.float())[:, None, None, :] * MASKED
        hidden: Tensor = self.encoder(input_ids=input_ids, attention_mask=added).last_hidden_state
        return hidden


class _Linear(nn.Module):
    """y = q8(x / f) (W f)^T + b, f per column: int8 weights per output, activations rounded to 8 bits per token."""

    def __init__(self, linear: nn.Linear, peaks: Tensor) -> None:
        super().__init__()
        weight = linear.weight.detach()
        factors = (peaks.clamp(min=1e-5) / weight.abs().amax(0).clamp(min=1e-5)).sqrt()
        factors = factors / factors.mean()
        weight = weight * factors
        self.inverse = nn.Buffer(1.0 / factors)
        self.scales = nn.Buffer((weight.abs().amax(1, keepdim=True) / 127).clamp(min=1e-12))
        self.codes = nn.Buffer((weight / self.scales).round().clamp(-127, 127).to(torch.int8))
        self.zeros = nn.Buffer(torch.zeros(self.scales.shape, dtype=torch.int8))
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.inverse
        token = [1] * (x.dim() - 1) + [x.shape[-1]]
        scale, zero = choose_qparams_affine(
            x, MappingType.ASYMMETRIC, token, torch.int8, quant_min=-128, quant_max=127, zero_point_dtype=torch.int8
        )
        rounded = quantize_affine(x, token, scale, zero, torch.int8, -128, 127)
        x = dequantize_affine(rounded, token, scale, zero, torch.int8, -128, 127, output_dtype=torch.float32)
        row = [1, self.codes.shape[1]]
        weight = dequantize_affine(
            self.codes, row, self.scales, self.zeros, torch.int8, -127, 127, output_dtype=torch.float32
        )
        return nn.functional.linear(x, weight, self.bias)


class _Norm(nn.Module):
    """LayerNorm whose means are linears with weights 1/D: XNNPACK takes neither `mean` nor `layer_norm`."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.epsilon = norm.weight, norm.bias, norm.eps
        self.average = nn.Buffer(torch.full((1, norm.weight.shape[0]), 1.0 / norm.weight.shape[0]))

    def forward(self, x: Tensor) -> Tensor:
        x = x - nn.functional.linear(x, self.average)
        variance = nn.functional.linear(x * x, self.average)
        return self.weight * (x * torch.rsqrt(variance + self.epsilon)) + self.bias


class _Embedding(nn.Module):
    """Rows of 8-bit groups, the numbers of `embed.onnx`, unpacked by portable operators."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        codes, scales = quantize_groups(embedding.weight)
        self.codes, self.scales = nn.Buffer(codes), nn.Buffer(scales)

    def forward(self, tokens: Tensor) -> Tensor:
        scales = nn.functional.embedding(tokens, self.scales)
        values = nn.functional.embedding(tokens, self.codes).float() - 128.0
        grouped = values.reshape(*scales.shape, -1) * scales[..., None]
        return grouped.reshape(*tokens.shape, -1)


def attend(
    _module: nn.Module, query: Tensor, key: Tensor, value: Tensor, added: Tensor, *, scaling: float, **_k: Any
) -> tuple[Tensor, None]:
    """Attention over one sentence, three axes so that XNNPACK takes every view; [1, H, T, d] in, [1, T, H, d] out."""
    q, k, v = (x[0] for x in (query * scaling, key, value))
    weights = (torch.bmm(q, k.transpose(1, 2)) + added[0]).softmax(-1)
    return torch.bmm(weights, v).transpose(0, 1)[None], None


AttentionInterface.register(ATTENTION, attend)
