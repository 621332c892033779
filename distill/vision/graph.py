"""Eye and projector as one ONNX graph beside the adapter, and what torch makes of a few pictures, which proves it.

`vision.onnx`: uint8 `pixels` `[side, side, 3]`, the runtime's square of a photo -> float32 `rows` `[tokens, hidden]`,
of static shapes, its matrices stored as float16. The proof is `runtime_py.parity.VisionProof`, as torch computes
rows with the same rounded weights.

    python -m distill.vision.graph ADAPTER DATASET

writes both into the folder of an expert that was trained before, and its manifest anew.
"""

import logging
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from distill.training.config import KIND
from distill.vision.eye.eye import Eye, Heads
from distill.vision.features import read_square
from distill.vision.projector import PROJECTOR, Projector
from distill.vision.tower import SIDE, Tower
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples, read_manifest, write_file_atomic, write_manifest
from runtime_py.parity import VISION_GRAPH, VisionProof, write_vision_proof

PROVED = 3
"""Pictures that prove a graph."""

OPSET = 21
_LEAST_HALVED = 256  # numbers: smaller tensors are biases and norms


class Seen(nn.Module):
    """uint8 `[side, side, 3]` -> float32 `[tokens, hidden]`."""

    def __init__(self, eye: nn.Module, projector: nn.Module) -> None:
        super().__init__()
        self.eye, self.projector = eye, projector

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The rows of one picture."""
        rows: torch.Tensor = self.projector(self.eye(pixels.permute(2, 0, 1)[None].float()))[0]
        return rows


def write_vision(seen: nn.Module, pictures: Sequence[NDArray[np.uint8]], out: Path) -> None:
    """Writes both files into the folder `out`; `seen` takes and gives what `Seen` does.

    Raises:
        ConfigError: a single picture, or none, which proves nothing.
    """
    if len(pictures) < 2:
        raise ConfigError(
            f"too few pictures: expected two or more that prove the graph, got {len(pictures)}; add validation rows"
        )
    seen.eval()
    halved = _round(seen)
    pixels = np.stack(pictures[:PROVED])
    with torch.inference_mode():
        rows = np.stack([seen(torch.from_numpy(picture)).numpy() for picture in pixels])
    with torch.no_grad():
        write_file_atomic(out / VISION_GRAPH, _trace(seen, torch.from_numpy(pixels[0]), halved))
    write_vision_proof(out, VisionProof(pixels, rows.astype(np.float32)))


def write_expert_vision(folder: Path, pictures: Iterable[Path]) -> None:
    """`write_vision` of the eye and projector in an expert's `folder`, into it, proved by the first of `pictures`.

    Raises:
        ConfigError: a folder without an eye or a projector.
    """
    if not (folder / PROJECTOR).is_file():
        raise ConfigError(f"{folder}: expected an expert that reads pictures, found no {PROJECTOR}; train one")
    held = {name: values.float() for name, values in load_file(folder / PROJECTOR).items()}
    projector = Projector(held["query"].shape[1], 1.0)
    projector.load_state_dict(held)
    seen = Seen(Eye(Tower(), Heads.read(folder)), projector)
    write_vision(seen, [read_square(path, SIDE) for path in islice(pictures, PROVED)], folder)


def add_vision(adapter: Path, dataset: Path) -> None:
    """Writes both files beside the expert in `adapter`, proved by pictures of `dataset`, and lists them.

    Raises:
        ConfigError: a folder without an eye, a projector or a manifest, or no pictures.
    """
    manifest = read_manifest(adapter, KIND)
    rows = read_examples(dataset / "validation.jsonl")
    write_expert_vision(adapter, dict.fromkeys(dataset / str(row.input["image"]) for row in rows))
    tools = [name for name in manifest["tools"] if name != "memlora"]
    write_manifest(adapter, KIND, manifest["config"], tools, manifest["facts"])


def _trace(seen: nn.Module, pixels: torch.Tensor, halved: Collection[str]) -> bytes:
    import onnx_ir as ir

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with redirect_stdout(StringIO()):
        program: Any = torch.onnx.export(
            seen, (pixels,), dynamo=True, optimize=True, verbose=False, opset_version=OPSET,
            input_names=["pixels"], output_names=["rows"],
        )  # fmt: skip
    proto = ir.to_proto(program.model)
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        del value.metadata_props[:]
    del proto.graph.value_info[:], proto.graph.metadata_props[:], proto.metadata_props[:]
    proto.producer_name, proto.producer_version = "memlora", ""
    _halve(proto, halved)
    return bytes(proto.SerializeToString(deterministic=True))


@torch.no_grad()
def _round(seen: nn.Module) -> set[str]:
    """Rounds the matrices and kernels that the graph will hold as float16, so that the proof is of the same numbers.

    Returns their names. Where things stand is found by maxima and sharp edges, which a rounding would tip over.
    """
    named = {name: p for name, p in seen.named_parameters() if p.dim() > 1 and p.numel() >= _LEAST_HALVED}
    for parameter in named.values():
        parameter.copy_(parameter.half().float())
    return set(named)


def _halve(proto: Any, names: Collection[str]) -> None:
    """Matrices and kernels as float16 with a cast after them, which ONNX Runtime does once, when it loads the graph."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in proto.graph.initializer:
        if tensor.name not in names or tensor.data_type != TensorProto.FLOAT:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for place, node in enumerate(casts):
        proto.graph.node.insert(place, node)


if __name__ == "__main__":
    add_vision(Path(sys.argv[1]), Path(sys.argv[2]))
