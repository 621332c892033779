"""A graph that sees, made by hand: a picture's pixels times random numbers."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from runtime_py.parity import VISION_GRAPH, VisionProof, write_vision_proof

SIDE, TOKENS = 8, 3


def weights(hidden: int, tokens: int = TOKENS) -> NDArray[np.float32]:
    """`[side * side * 3, tokens * hidden]`."""
    drawn = np.random.default_rng(7).standard_normal((SIDE * SIDE * 3, tokens * hidden), np.float32)
    return drawn * np.float32(0.0005)


def write_graph(path: Path, hidden: int, tokens: int = TOKENS, operator: str = "MatMul") -> Path:
    """`pixels` uint8 `[8, 8, 3]` -> `rows` float32 `[tokens, hidden]`."""
    flat, shape = np.array([1, SIDE * SIDE * 3]), np.array([tokens, hidden])
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["numbers", "flat"], ["line"]),
            helper.make_node(operator, ["line", "weights"], ["sums"]),
            helper.make_node("Reshape", ["sums", "shape"], ["rows"]),
        ],
        "see",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [tokens, hidden])],
        [
            numpy_helper.from_array(weights(hidden, tokens), "weights"),
            numpy_helper.from_array(flat.astype(np.int64), "flat"),
            numpy_helper.from_array(shape.astype(np.int64), "shape"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return path


def write_vision(folder: Path, hidden: int) -> None:
    """The graph and its proof, as they lie beside an adapter."""
    write_graph(folder / VISION_GRAPH, hidden)
    pixels = np.random.default_rng(8).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)
    lines = pixels.astype(np.float32).reshape(2, -1)
    write_vision_proof(folder, VisionProof(pixels, (lines @ weights(hidden)).reshape(2, TOKENS, hidden)))
