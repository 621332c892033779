"""The float graph of a chunk that gives every value with a range of its own: what calibration measures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, helper, numpy_helper

from export.sources.adapter import AdapterWeights
from export.sources.model import read_config
from export.targets.qnn.files import write_graphs
from export.targets.qnn.quantize import UNMEASURED
from export.targets.qnn.trace import trace
from export.targets.qnn.weights import Constants
from runtime_py.weights import Pair, QuantizedBase

SIDES = (".lora_A", ".lora_B")
Array = npt.NDArray[np.float32]


def slot_ranks(adapters: Mapping[str, AdapterWeights]) -> dict[str, int]:
    """Module -> the highest rank that any of the adapters has there, modules sorted."""
    ranks: dict[str, int] = {}
    for adapter in adapters.values():
        for module, rank in adapter.ranks.items():
            ranks[module] = max(ranks.get(module, 0), rank)
    return dict(sorted(ranks.items()))


def slot_matrices(base: Path, ranks: Mapping[str, int], modules: Mapping[str, Pair]) -> dict[str, Array]:
    """`<slot>.lora_A` `[K, R]` and `<slot>.lora_B` `[R, N]`, filled up with zeros to the rank of the slot."""
    tensors = QuantizedBase.open(base).tensors
    found: dict[str, Array] = {}
    for slot, rank in ranks.items():
        rows, columns = tensors[f"{slot}.weight"].shape
        down, up = np.zeros((columns, rank), np.float32), np.zeros((rank, rows), np.float32)
        if slot in modules:
            a, b = modules[slot]
            down[:, : a.shape[1]], up[: b.shape[0]] = a, b
        found |= {f"{slot}.lora_A": down, f"{slot}.lora_B": up}
    return found


def write_float_graph(base: Path, ranks: Mapping[str, int], chunk: int, window: int, folder: Path) -> Path:
    """`graph.onnx` in `folder`, its weights beside it; inputs and outputs as `trace` says, and values."""
    model = trace(read_config(base), list(ranks), chunk, window)
    return save_float(model, Constants(base, window), ranks, folder)


def save_float(model: ModelProto, constants: Constants, ranks: Mapping[str, int], folder: Path) -> Path:
    """Gives a traced graph its numbers, makes slots inputs and values outputs, and writes it."""
    filled = []
    for tensor in model.graph.initializer:
        if tensor.name.endswith(SIDES):
            slot = tensor.name.rpartition(".")[0]
            shape = [tensor.dims[0], ranks[slot]] if tensor.name.endswith("A") else [ranks[slot], tensor.dims[1]]
            model.graph.input.append(helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, shape))
        elif tensor.data_location == TensorProto.EXTERNAL:
            filled.append(numpy_helper.from_array(constants(tensor.name), tensor.name))
        else:
            filled.append(tensor)
    del model.graph.initializer[:]
    model.graph.initializer.extend(filled)
    known = {output.name for output in model.graph.output}
    for node in model.graph.node:
        if node.op_type not in UNMEASURED and "mask" not in node.input and node.output[0] not in known:
            model.graph.output.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None))
    path = folder / "graph.onnx"
    write_graphs({path.name: model}, folder)
    return path
