"""ONNX Runtime on the CPU: one graph per operation and one for all, every weight read from `base.ptd` by offset.

Signature (int64 unless said otherwise; T tokens, P logit rows, C capacity of the caller's key/value buffer):

    tokens [1, T], past_length [1], logit_positions [P] in 0..T-1 -> logits float32 [1, P, V]
    past.<i>.key|value -> present.<i>.key|value, float32 [1, Hkv, C, d], past_length + T <= C <= the rotary table's rows

Where an operation reads pictures, `rows` [R, D] float32 is an optional input: the token V + r stands for row r.

Bind one buffer as both past and present of a layer: rows past_length..past_length+T-1 are written in place.
`<slot>.lora_A` [K, R] and `<slot>.lora_B` [R, N] are optional float32 inputs whose defaults are initializers: the
operation's own adapter in `<op>.onnx`, rank 0 (no effect) in `model.onnx`. Weights lie in `base.ptd`, rotary tables in
`rotary.bin`, the adapter in `<op>.onnx_adapter`; all must be real files in the graph's folder. What a slot serves says
`runtime_py.weights.adapter_slots`.

The traced graph is a template: bases and adapters only change initializers, so linking another one needs no tracing and
no torch.
"""

import copy
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import onnx

from export.embedder.source import EmbedderSource
from export.machine.cache import cached, sources_sha256
from export.machine.process import apart, apart_when_large
from export.sources.adapter import AdapterWeights
from export.sources.model import read_config
from export.targets.onnx import graph as onnx_graph
from export.targets.onnx import int8
from export.targets.onnx.graph import SIDES, External
from export.targets.onnx.last_layer import choose_rows_early
from export.targets.onnx.packing import Windows, pack
from export.targets.onnx.rows import take_rows
from export.targets.target import Lowered, Target
from runtime_py import operations
from runtime_py.files import write_file_atomic
from runtime_py.operations.chat import context_length
from runtime_py.weights import Int4Tensor, Int8Tensor, Matrix, Pair, QuantizedBase, QuantizedTensor, read_adapter, stack

SHIPPED_ACCURACY, ARBITER_ACCURACY = 4, 0
SHARED_GRAPH = "model.onnx"
ROTARY_FILE = "rotary.bin"
TOOLS = ("torch", "transformers", "onnx", "onnxscript")
TRACED_BY = (
    *(f"export.targets.onnx.{name}" for name in ("trace", "kernels", "graph", "last_layer")),
    *(f"export.sources.{name}" for name in ("features", "rotary")),
)
"""The modules that decide a template."""
_ROTARY = "rotary."
_IRRELEVANT = ("_name_or_path", "dtype", "transformers_version", "license")

Matrices = dict[str, Matrix]


def lower(
    base: Path,
    adapter: AdapterWeights | None,
    out: Path,
    operation: str,
    data_file: str = "base.ptd",
    accuracy_level: int = SHIPPED_ACCURACY,
) -> Lowered:
    """Writes `<operation>.onnx`, its adapter in `<operation>.onnx_adapter`, and `rotary.bin`; no slots without one."""
    graph, windows = link(template(base), base, adapter.modules if adapter else (), accuracy_level, data_file)
    _write_rotary(base, out)
    path = _adapter_path(out, operation) if adapter else None
    if adapter and path:
        write_adapter_file(path, slot_matrices(onnx_graph.slots(graph), adapter.modules, base))
        windows |= _adapter_windows(path)
    onnx_graph.fill(graph, windows, {})
    _open_to_pictures(graph, base, [operation])
    return Lowered(_write_graph(out / f"{operation}.onnx", graph), path)


def lower_shared(
    base: Path, adapters: Mapping[str, AdapterWeights], out: Path, accuracy_level: int = SHIPPED_ACCURACY
) -> Lowered:
    """Writes `model.onnx` with a slot of rank 0 wherever any adapter needs one."""
    modules = {module for adapter in adapters.values() for module in adapter.modules}
    graph, windows = link(template(base), base, modules, accuracy_level)
    onnx_graph.fill(graph, windows, slot_matrices(onnx_graph.slots(graph), {}, base))
    _open_to_pictures(graph, base, adapters)
    _write_rotary(base, out)
    return Lowered(_write_graph(out / SHARED_GRAPH, graph))


def _open_to_pictures(graph: onnx.ModelProto, base: Path, names: Iterable[str]) -> None:
    """Lets the graph take rows of embeddings where one of its operations reads pictures."""
    if set(names) & set(operations.pictured()):
        config = read_config(base)
        take_rows(graph, config.vocab_size, config.hidden_size)


def link_adapter(out: Path, operation: str, old: Mapping[str, Pair], new: Mapping[str, Pair]) -> None:
    """Puts `new` in place of `old` into `<operation>.onnx_adapter`.

    The graph reads its defaults from this file, whose places depend on names and shapes alone.
    """
    path = _adapter_path(out, operation)
    slots = list(dict.fromkeys(name.rpartition(".")[0] for name in read_adapter(path).tensors))
    write_adapter_file(path, slot_matrices(slots, new, out))


def write_embedder(source: EmbedderSource, out: Path) -> Path:
    """Writes `embed.onnx`."""
    depends_on = {
        "id": source.id,  # with the digest of the weights
        "config": (source.folder / "config.json").read_text("utf-8"),
        "tools": {name: version(name) for name in TOOLS},
        "sources": sources_sha256("export.embedder.onnx", "export.embedder.encoder"),
    }
    path = out / "embed.onnx"
    write_file_atomic(path, cached("embed", depends_on, lambda: apart(_make_embedder, source)))
    return path


def _make_embedder(source: EmbedderSource) -> bytes:
    from export.embedder.onnx import make_graph  # brings torch

    return make_graph(source)


def _adapter_path(out: Path, operation: str) -> Path:
    return out / f"{operation}.onnx_adapter"


def link(
    graph: onnx.ModelProto,
    base: Path,
    modules: Collection[str],
    accuracy_level: int,
    data_file: str = "base.ptd",
) -> tuple[onnx.ModelProto, Windows]:
    """A template with slots for `modules` only, and where each of its tensors lies in a base's bytes. No tracing."""
    linked = copy.deepcopy(graph)
    onnx_graph.keep_slots(linked, modules)
    onnx_graph.set_accuracy_level(linked, accuracy_level)
    windows = pack(linked, _base_windows(base, linked, data_file))
    int8.finish(linked, accuracy_level)
    return linked, windows


def slot_matrices(slots: Sequence[str], modules: Mapping[str, Pair], base: Path) -> Matrices:
    """`<slot>.lora_A` [K, R] and `<slot>.lora_B` [R, N] of every slot, float32; rank 0 where no module is adapted."""
    tensors = QuantizedBase.open(base).tensors.items()
    shapes = {
        name.removesuffix(".weight"): entry.shape for name, entry in tensors if isinstance(entry, QuantizedTensor)
    }
    stacked = {slot: stack(slot, modules, shapes) for slot in slots}
    return {f"{slot}.{side}": x for slot, pair in stacked.items() for side, x in zip(SIDES, pair, strict=True)}


def template(base: Path) -> onnx.ModelProto:
    """The traced graph of a base's architecture, from memory or the cache folder, else traced now (seconds)."""
    config = read_config(base)
    structure = {
        "sources": sources_sha256(*TRACED_BY),
        "group_size": QuantizedBase.open(base).group_size,
        **({"int8": int8_paths} if (int8_paths := _int8_paths(base)) else {}),
        "config": {k: v for k, v in config.to_dict().items() if k not in _IRRELEVANT},
        "tools": {name: version(name) for name in TOOLS},
    }
    return _template(json.dumps(structure, sort_keys=True), base)


def _int8_paths(base: Path) -> list[str]:
    """Paths of the linears and the embedding whose matrices are int8, a tied head among them."""
    tensors = QuantizedBase.open(base).tensors
    found = [name.removesuffix(".weight") for name, entry in tensors.items() if isinstance(entry, Int8Tensor)]
    if "model.embed_tokens" in found and "lm_head.weight" not in tensors:
        found.append("lm_head")
    return sorted(found)


def write_adapter_file(path: Path, matrices: Matrices) -> None:
    """An `.onnx_adapter` file: ONNX Runtime checks nothing in it, so the caller must have."""
    import onnxruntime

    adapter = onnxruntime.AdapterFormat()
    adapter.set_adapter_version(1)
    adapter.set_model_version(1)
    adapter.set_parameters({k: onnxruntime.OrtValue.ortvalue_from_numpy(v) for k, v in sorted(matrices.items())})
    partial = path.with_name(f".{path.name}.partial")
    adapter.export_adapter(str(partial))
    write_file_atomic(path, partial.read_bytes())
    partial.unlink()


@lru_cache(maxsize=8)
def _template(structure: str, base: Path) -> onnx.ModelProto:
    size = QuantizedBase.open(base).size
    return onnx.ModelProto.FromString(
        cached("onnx", json.loads(structure), lambda: apart_when_large(size, trace_template, base))
    )


def trace_template(base: Path) -> bytes:
    """The template of a base's architecture, traced now: rotary tables with their data, every other weight without."""
    from export.sources.rotary import rotary_tables  # both bring torch
    from export.targets.onnx.trace import trace

    config = read_config(base)
    graph = trace(config, QuantizedBase.open(base).group_size, SHIPPED_ACCURACY, _int8_paths(base))
    onnx_graph.simplify(graph)
    choose_rows_early(graph)
    tables = rotary_tables(config, context_length(config))
    for tensor in graph.graph.initializer:
        if tensor.name in tables:
            tensor.CopyFrom(onnx.numpy_helper.from_array(tables[tensor.name], tensor.name))
    serialized: bytes = graph.SerializeToString(deterministic=True)
    return serialized


def _adapter_windows(path: Path) -> Windows:
    """Where each matrix of an adapter file lies."""
    file = read_adapter(path)
    return {
        name: (values.shape, External(path.name, file.offsets[name], values.nbytes))
        for name, values in file.tensors.items()
    }


def _base_windows(base: Path, graph: onnx.ModelProto, data_file: str) -> Windows:
    """For each initializer of the graph that is not a LoRA matrix: its shape in the base and where its bytes lie."""
    opened = QuantizedBase.open(base)
    rotary = [tensor.name for tensor in _rotary_tables(graph)]
    windows: Windows = {}
    shape: tuple[int, ...]
    for tensor in graph.graph.initializer:
        module, _, part = tensor.name.rpartition(".")
        if part in SIDES:
            continue
        if tensor.name in rotary:
            length = 4 * tensor.dims[0] * tensor.dims[1]
            windows[tensor.name] = tuple(tensor.dims), External(ROTARY_FILE, length * rotary.index(tensor.name), length)
            continue
        name = f"{module}.weight" if part in ("codes", "scales") else tensor.name
        if name == "lm_head.weight" and name not in opened.tensors:
            name = "model.embed_tokens.weight"  # tied: the head reads the embedding's blob
        entry = opened.tensors.get(name)
        if entry is None:
            continue  # reported by fill, with the initializer's name
        if isinstance(entry, Int8Tensor):
            window = entry.codes if part == "codes" else entry.scales
            shape = entry.shape if part == "codes" else entry.shape[:1]
        elif isinstance(entry, Int4Tensor):
            rows, columns = entry.shape
            window = entry.codes if part == "codes" else entry.scales
            shape = (rows, columns // 2) if part == "codes" else (rows, columns // opened.group_size)
        else:
            window = entry.data
            shape = entry.shape
        windows[tensor.name] = shape, External(data_file, window.offset, window.length)
    return windows


def _rotary_tables(graph: onnx.ModelProto) -> list[onnx.TensorProto]:
    """In the order in which `rotary.bin` holds them."""
    tables = (tensor for tensor in graph.graph.initializer if tensor.name.startswith(_ROTARY))
    return sorted(tables, key=lambda tensor: tensor.name)


def _write_graph(path: Path, graph: onnx.ModelProto) -> Path:
    write_file_atomic(path, graph.SerializeToString(deterministic=True))
    return path


def _write_rotary(base: Path, out: Path) -> None:
    data = b"".join(tensor.raw_data for tensor in _rotary_tables(template(base)))
    path = out / ROTARY_FILE
    if not path.is_file() or path.read_bytes() != data:
        write_file_atomic(path, data)


TARGET = Target("onnx", lower, link_adapter, write_embedder, lower_shared, takes_rows=True)
