"""ONNX Runtime on the CPU: one graph per operation and one for all, every weight read from `base.ptd` by offset.

Signature (int64 unless said otherwise; T tokens, P logit rows, C capacity of the caller's key/value buffer):

    tokens [1, T], past_length [1], logit_positions [P] in 0..T-1 -> logits float32 [1, P, V]
    past.<i>.key|value -> present.<i>.key|value, float32 [1, Hkv, C, d], past_length + T <= C <= the rotary table's rows

Bind one buffer as both past and present of a layer: rows past_length..past_length+T-1 are written in place.
`<module>.lora_A` [K, R] and `<module>.lora_B` [R, N] are optional float32 inputs whose defaults are initializers: the
operation's own adapter in `<op>.onnx`, rank 0 (no effect) in `model.onnx`. Weights lie in `base.ptd`, rotary tables in
`rotary.bin`; both must be real files in the graph's folder.

The traced graph is a template: bases and adapters only change initializers, so linking another one needs no tracing.
"""

import copy
import hashlib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from export.adapter import AdapterWeights, linear_modules
from export.model import read_config
from export.targets import onnx_graph
from export.targets.onnx_graph import External
from export.targets.onnx_packing import pack
from export.targets.onnx_rotary import ROTARY_FILE, rotary_tables
from export.targets.target import Target, context_length
from export.templates import cache_folder
from runtime_py.artifact import write_file_atomic
from runtime_py.base import Int4Tensor, QuantizedBase

SHIPPED_ACCURACY, ARBITER_ACCURACY = 4, 0
TEMPLATE_REVISION = 2  # raise when the kernels or the surgery change
SHARED_GRAPH = "model.onnx"
_IRRELEVANT = ("_name_or_path", "dtype", "transformers_version", "license")

Matrices = dict[str, npt.NDArray[np.float32]]


def lower(
    base: Path,
    adapter: AdapterWeights | None,
    out: Path,
    operation: str,
    data_file: str = "base.ptd",
    accuracy_level: int = SHIPPED_ACCURACY,
) -> list[Path]:
    """Writes `<operation>.onnx`, the adapter inside as default, and `rotary.bin`; without an adapter, no slots."""
    modules = adapter.modules if adapter else {}
    graph = link(template(base), base, modules, _matrices(modules), accuracy_level, data_file)
    return [_write_graph(out / f"{operation}.onnx", graph), _write_rotary(base, out)]


def lower_shared(
    base: Path, adapters: Mapping[str, AdapterWeights], out: Path, accuracy_level: int = SHIPPED_ACCURACY
) -> list[Path]:
    """Writes `model.onnx` with a slot wherever any adapter has one, and `<operation>.onnx_adapter` for each."""
    opened = QuantizedBase.open(base)
    union = {module for adapter in adapters.values() for module in adapter.modules}
    modules = [module for module in linear_modules(opened) if module in union]
    shapes = {module: opened.tensors[f"{module}.weight"].shape for module in modules}
    rank_zero = {m: (np.zeros((k, 0), np.float32), np.zeros((0, n), np.float32)) for m, (n, k) in shapes.items()}
    graph = link(template(base), base, modules, _matrices(rank_zero), accuracy_level)
    written = [_write_graph(out / SHARED_GRAPH, graph), _write_rotary(base, out)]
    for operation, adapter in sorted(adapters.items()):
        path = out / f"{operation}.onnx_adapter"
        write_adapter_file(path, _matrices(rank_zero | dict(adapter.modules)))
        written.append(path)
    return written


def link(
    graph: onnx.ModelProto,
    base: Path,
    modules: Collection[str],
    matrices: Matrices,
    accuracy_level: int,
    data_file: str = "base.ptd",
) -> onnx.ModelProto:
    """A template with slots at `modules` only, pointed at a base's bytes, `matrices` as defaults. No tracing."""
    linked = copy.deepcopy(graph)
    onnx_graph.keep_slots(linked, modules)
    onnx_graph.set_accuracy_level(linked, accuracy_level)
    windows = pack(linked, _base_windows(base, linked, data_file))
    onnx_graph.fill(linked, windows, matrices)
    return linked


def template(base: Path) -> onnx.ModelProto:
    """The traced graph of a base's architecture, from memory or the cache folder, else traced now (seconds)."""
    config = read_config(base)
    structure = {
        "revision": TEMPLATE_REVISION,
        "group_size": QuantizedBase.open(base).group_size,
        "config": {k: v for k, v in config.to_dict().items() if k not in _IRRELEVANT},
        "tools": {name: version(name) for name in ("torch", "transformers", "onnx", "onnxscript")},
    }
    return _template(json.dumps(structure, sort_keys=True), base)


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
    digest = hashlib.sha256(structure.encode()).hexdigest()[:32]
    cached = cache_folder() / f"onnx-{digest}.onnx"
    if cached.is_file():
        return onnx.load(cached, load_external_data=False)
    from export.targets.onnx_trace import trace  # brings torch: only where something is traced

    graph = trace(read_config(base), QuantizedBase.open(base).group_size, SHIPPED_ACCURACY)
    onnx_graph.simplify(graph)
    write_file_atomic(cached, graph.SerializeToString(deterministic=True))
    return graph


def _matrices(modules: Mapping[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]) -> Matrices:
    return {f"{m}.{side}": x for m, pair in modules.items() for side, x in zip(onnx_graph.SIDES, pair, strict=True)}


def _base_windows(base: Path, graph: onnx.ModelProto, data_file: str) -> dict[str, tuple[tuple[int, ...], External]]:
    """For each initializer of the graph that is not a LoRA matrix: its shape in the base and where its bytes lie."""
    opened = QuantizedBase.open(base)
    context = context_length(read_config(base))
    rotary = sorted(tensor.name for tensor in graph.graph.initializer if tensor.name.startswith("rotary."))
    windows: dict[str, tuple[tuple[int, ...], External]] = {}
    shape: tuple[int, ...]
    for tensor in graph.graph.initializer:
        module, _, part = tensor.name.rpartition(".")
        if part in onnx_graph.SIDES:
            continue
        if tensor.name in rotary:
            tensor.dims[0] = context
            length = 4 * context * tensor.dims[1]
            windows[tensor.name] = tuple(tensor.dims), External(ROTARY_FILE, length * rotary.index(tensor.name), length)
            continue
        name = f"{module}.weight" if part in ("codes", "scales") else tensor.name
        if name == "lm_head.weight" and name not in opened.tensors:
            name = "model.embed_tokens.weight"  # tied: the head reads the embedding's blob
        entry = opened.tensors.get(name)
        if entry is None:
            continue  # reported by fill, with the initializer's name
        if isinstance(entry, Int4Tensor):
            rows, columns = entry.shape
            window = entry.codes if part == "codes" else entry.scales
            shape = (rows, columns // 2) if part == "codes" else (rows, columns // opened.group_size)
        else:
            window = entry.data
            shape = entry.shape
        windows[tensor.name] = shape, External(data_file, window.offset, window.length)
    return windows


def _write_graph(path: Path, graph: onnx.ModelProto) -> Path:
    write_file_atomic(path, graph.SerializeToString(deterministic=True))
    return path


def _write_rotary(base: Path, out: Path) -> Path:
    config = read_config(base)
    data = b"".join(table.tobytes() for table in rotary_tables(config, context_length(config)).values())
    path = out / ROTARY_FILE
    if not path.is_file() or path.read_bytes() != data:
        write_file_atomic(path, data)
    return path


TARGET = Target("onnx", lower, lower_shared)
