"""A float graph with numbers becomes fixed-point: 16-bit activations between Q and DQ nodes, weights of 8 or 4 bits.

Every value has one grid. What only moves numbers keeps the grid of what it reads, so nothing is rounded twice; keys and
values leave and enter on the grid of the new ones. Scores of attention stay float (`scores`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from export.targets.qnn.blocks import BLOCK, fit_blocks
from export.targets.qnn.scores import float_values
from runtime_py.engines.qnn.grid import Grid
from runtime_py.errors import ExportError

Array = npt.NDArray[np.float32]
Range = tuple[float, float]
MOVES = ("Concat", "Gather", "Reshape", "Slice", "Transpose")
OPSET = 23  # the first with RMSNormalization
UNIT = Grid(1 / 65535, 0)
_WHOLE = ("Sigmoid", "Softmax")  # what lies between 0 and 1
UNMEASURED = (*MOVES, *_WHOLE)
"""Operators whose values have the grid of what they read, or one that is known."""
_SIDES = (".lora_A", ".lora_B")


@dataclass(frozen=True)
class Quantized:
    """A fixed-point graph, and the grids of its inputs and outputs."""

    model: ModelProto
    grids: Mapping[str, Grid]


class Quantizer:
    """`ranges` are low and high of a graph's activations, and of `<slot>.lora_A|B` over all operations.

    A and B are inputs of the slot's rank, or where `held` has them constants of 8 bits.
    """

    def __init__(
        self,
        constants: Callable[[str], Array],
        ranges: Mapping[str, Range],
        ranks: Mapping[str, int],
        weight_bits: int,
        held: Mapping[str, Array] | None = None,
    ) -> None:
        self._constants, self._ranges, self._ranks, self._weight_bits = constants, ranges, ranks, weight_bits
        self._held = held or {}

    def quantize(self, traced: ModelProto) -> Quantized:
        """The graph of a traced one; raises `ExportError` for a value that no range is known of."""
        graph = _Graph(traced)
        for name in (
            value.name for value in traced.graph.input if value.type.tensor_type.elem_type == TensorProto.FLOAT
        ):
            graph.grids[name] = self._input_grid(name)
        for tensor in traced.graph.initializer:
            if tensor.name in self._held:
                graph.add_matrix(tensor.name, self._held[tensor.name], 8)
            elif tensor.name.endswith(_SIDES):
                slot, _, side = tensor.name.rpartition(".")
                rank = self._ranks[slot]
                shape = [tensor.dims[0], rank] if side == "lora_A" else [rank, tensor.dims[1]]
                graph.add_input(tensor.name, shape, self._input_grid(tensor.name))
            elif tensor.name.endswith(".matrix"):
                graph.add_matrix(tensor.name, self._constants(tensor.name), self._weight_bits)
            elif tensor.data_type == TensorProto.FLOAT:
                stored = tensor.data_location == TensorProto.EXTERNAL
                graph.add_constant(
                    tensor.name, self._constants(tensor.name) if stored else numpy_helper.to_array(tensor)
                )
            else:
                graph.initializers.append(tensor)
        unrounded = float_values(traced)
        for node in traced.graph.node:
            if node.output[0] in unrounded:
                graph.add_float(node)
            else:
                graph.add(node, self._output_grid(node, graph.grids))
        return graph.finished(traced)

    def _range(self, name: str) -> Range:
        try:
            return self._ranges[name]
        except KeyError:
            raise ExportError(
                f"no range of {name}: expected every value of the graph in the ranges, got none for this one; measure "
                "them again on this base and these adapters"
            ) from None

    def _input_grid(self, name: str) -> Grid:
        if name.endswith(_SIDES):
            return Grid.around_zero(max(map(abs, self._range(name))))
        if name.startswith("past."):
            return Grid.over(*self._range(name.replace("past", "present")))
        return Grid.over(*self._range(name))

    def _output_grid(self, node: NodeProto, grids: Mapping[str, Grid]) -> Grid:
        if node.op_type in MOVES:
            return grids[node.input[0]]
        return UNIT if node.op_type in _WHOLE else Grid.over(*self._range(node.output[0]))


class _Graph:
    def __init__(self, traced: ModelProto) -> None:
        self.grids: dict[str, Grid] = {}
        self.initializers: list[TensorProto] = []
        self._nodes: list[NodeProto] = []
        self._inputs = [self._typed(value.name, value) for value in traced.graph.input]
        self._outputs = {value.name for value in traced.graph.output}
        self._read: dict[str, str] = {
            value.name: f"{value.name}:float"
            for value in traced.graph.input
            if value.type.tensor_type.elem_type == TensorProto.FLOAT
        }
        self._pending = list(self._read)
        self._written: set[str] = set()

    @staticmethod
    def _typed(name: str, value: object) -> object:
        tensor = value.type.tensor_type  # type: ignore[attr-defined]
        shape = [dim.dim_value for dim in tensor.shape.dim]
        kind = TensorProto.UINT16 if tensor.elem_type == TensorProto.FLOAT else TensorProto.INT32
        return helper.make_tensor_value_info(name, kind, shape)

    def add_input(self, name: str, shape: list[int], grid: Grid) -> None:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.UINT16, shape))
        self.grids[name] = grid
        self._read[name] = f"{name}:float"
        self._pending.append(name)

    def add_constant(self, name: str, values: Array) -> None:
        """On 16 bits."""
        grid = Grid.over(float(values.min()), float(values.max()))
        self.grids[name] = grid
        self.initializers.append(numpy_helper.from_array(grid.encode(values), f"{name}:codes"))
        self._dequantize(f"{name}:codes", grid, f"{name}:float", name)
        self._read[name] = f"{name}:float"

    def add_matrix(self, name: str, values: Array, bits: int) -> None:
        """`[K, N]`, symmetric: on 8 bits with a scale a column, on 4 with a scale for each block of a column."""
        if bits == 8:
            scales = np.maximum(np.abs(values).max(0) / 127, 1e-8).astype(np.float32)
            codes = np.clip(np.rint(values / scales), -127, 127).astype(np.int8)
            self.initializers.append(numpy_helper.from_array(codes, f"{name}:codes"))
            self.initializers.append(numpy_helper.from_array(np.zeros(scales.shape, np.int8), f"{name}:zeros"))
            form = {"axis": 1}
        else:
            blocks = fit_blocks(name, values)
            form = {"axis": 0, "block_size": BLOCK}
            self._add_int4(f"{name}:codes", blocks.codes)
            self._add_int4(f"{name}:zeros", np.zeros_like(blocks.factors, np.int8))
            scales = blocks.scales
            self.initializers.append(numpy_helper.from_array(blocks.factors, f"{name}:factors"))
            self.initializers.append(numpy_helper.from_array(np.zeros(scales.shape, np.uint8), f"{name}:none"))
        self.initializers.append(numpy_helper.from_array(scales, f"{name}:scales"))
        read = f"{name}:scales"
        if bits == 4:
            inputs, read = [f"{name}:factors", read, f"{name}:none"], f"{name}:steps"
            self._nodes.append(helper.make_node("DequantizeLinear", inputs, [read], name=f"{name}/steps", axis=1))
        inputs = [f"{name}:codes", read, f"{name}:zeros"]
        self._nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}:float"], name=f"{name}/DQ", **form))
        self._read[name] = f"{name}:float"

    def _add_int4(self, name: str, codes: npt.NDArray[np.int8]) -> None:
        self.initializers.append(helper.make_tensor(name, TensorProto.INT4, codes.shape, _pack(codes), raw=True))

    def add_float(self, node: NodeProto) -> None:
        """The node after DQ, whose result nothing rounds."""
        (name,) = node.output
        self._nodes.append(self._reading_floats(node, f"{name}:float"))
        self._read[name] = f"{name}:float"

    def _reading_floats(self, node: NodeProto, output: str) -> NodeProto:
        for name in self._pending:
            self._dequantize(name, self.grids[name], f"{name}:float", name)
        self._pending = []
        fresh = NodeProto()
        fresh.CopyFrom(node)
        fresh.input[:] = [self._read.get(read, read) for read in node.input]
        fresh.output[:] = [output]
        return fresh

    def add(self, node: NodeProto, grid: Grid) -> None:
        """The node between DQ and Q."""
        (name,) = node.output
        if node.op_type == "Concat" and len({self.grids[read] for read in node.input}) > 1:
            raise ExportError(f"{name}: expected one grid to join on, got several; unsupported family")
        self.grids[name] = grid
        fresh = self._reading_floats(node, f"{name}:exact")
        codes = name if name in self._outputs else f"{name}:codes"
        self._nodes += [
            fresh,
            helper.make_node("QuantizeLinear", [f"{name}:exact", *self._grid(grid)], [codes], name=f"{name}/Q"),
        ]
        self._dequantize(codes, grid, f"{name}:float", name)
        self._read[name] = f"{name}:float"

    def _dequantize(self, codes: str, grid: Grid, out: str, name: str) -> None:
        self._nodes.append(helper.make_node("DequantizeLinear", [codes, *self._grid(grid)], [out], name=f"{name}/DQ"))

    def _grid(self, grid: Grid) -> list[str]:
        name = f"grid:{grid.scale!r}:{grid.zero}"
        if name not in self._written:
            self._written.add(name)
            self.initializers.append(numpy_helper.from_array(np.float32(grid.scale), f"{name}:scale"))
            self.initializers.append(numpy_helper.from_array(np.uint16(grid.zero), f"{name}:zero"))
        return [f"{name}:scale", f"{name}:zero"]

    def finished(self, traced: ModelProto) -> Quantized:
        outputs = [self._typed(value.name, value) for value in traced.graph.output]
        read = {name for node in self._nodes for name in node.input} | self._outputs
        nodes = [node for node in self._nodes if set(node.output) & read]  # an output's last DQ has no reader
        graph = helper.make_graph(nodes, "memlora", self._inputs, outputs, self.initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=11, producer_name="memlora"
        )
        names = {value.name for value in (*self._inputs, *outputs)}  # type: ignore[attr-defined]
        return Quantized(model, {name: grid for name, grid in self.grids.items() if name in names})


def _pack(codes: npt.NDArray[np.int8]) -> bytes:
    """Two 4-bit codes a byte, the first in the low half."""
    flat = codes.reshape(-1)
    flat = np.append(flat, np.int8(0)) if flat.size % 2 else flat
    low, high = flat[0::2] & 15, flat[1::2] & 15
    return (low | (high << 4)).astype(np.uint8).tobytes()
