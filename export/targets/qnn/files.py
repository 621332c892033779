"""Graphs as files: large constants stand once, in one file beside."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from onnx import ModelProto, TensorProto

WEIGHTS = "weights.bin"
_SMALL = 1024  # bytes of a constant that stays in its graph


def write_graphs(graphs: Mapping[str, ModelProto], folder: Path) -> None:
    """Each graph as a file of its name in `folder`, large constants in one file beside, equal ones once."""
    places: dict[str, int] = {}
    with (folder / WEIGHTS).open("wb") as data:
        for name, model in graphs.items():
            for tensor in model.graph.initializer:
                if len(tensor.raw_data) > _SMALL:
                    digest = hashlib.sha256(tensor.raw_data).hexdigest()
                    if digest not in places:
                        data.write(bytes(-data.tell() % 64))
                        places[digest] = data.tell()
                        data.write(tensor.raw_data)
                    _refer(tensor, places[digest], len(tensor.raw_data))
            (folder / name).write_bytes(model.SerializeToString(deterministic=True))


def _refer(tensor: TensorProto, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
