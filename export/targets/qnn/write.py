"""A folder of the NPU's files: two fixed-point graphs over one file of weights, and what was compiled of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export.machine.process import apart
from export.sources.model import read_config
from export.targets.qnn.compile import compile_for
from export.targets.qnn.derived import with_folded, with_kept, with_mask, with_room
from export.targets.qnn.files import WEIGHTS, write_graphs
from export.targets.qnn.floats import slot_matrices
from export.targets.qnn.options import NpuOptions
from export.targets.qnn.quantize import Quantizer, Range
from export.targets.qnn.trace import trace
from export.targets.qnn.weights import Constants, embedding_factor
from runtime_py.engines.qnn.grid import Grid
from runtime_py.engines.qnn.program import FORMAT, NAME, VERSION, First, Program
from runtime_py.errors import ExportError
from runtime_py.files import write_json
from runtime_py.files.ranges import FirstToken
from runtime_py.weights import Pair, QuantizedBase

CHUNK, STEP = "chunk.onnx", "step.onnx"
Array = npt.NDArray[np.float32]


def write_npu(
    base: Path,
    options: NpuOptions,
    ranges: Mapping[str, Range],
    ranks: Mapping[str, int],
    folded: Mapping[str, Pair],
    folder: Path,
    adapters: Collection[str] = (),
) -> tuple[Path, dict[str, Path]]:
    """`program.json` and the large files by name (`weights`, chips); `folded` goes into the weights of its modules.

    With 4 bits it stays beside them, as constants: W + A B lies on no such grid, where W of the base does.
    `adapters` (`identify`) are those under which the first token is kept. Raises `ExportError` for ranges of another
    base or of other adapters, or a graph that a chip does not take whole.
    """
    measured, opened = options.ranges, QuantizedBase.open(base)
    if measured.base_sha256 != opened.sha256:
        raise ExportError(
            f"ranges of another base: expected those of {opened.sha256[:12]}.., got {measured.base_sha256[:12]}..; "
            "measure them again with memlora ranges"
        )
    config = read_config(base)
    held: Mapping[str, Array] = {}
    if options.weight_bits == 4 and folded:
        held, folded = slot_matrices(base, {m: a.shape[1] for m, (a, _) in folded.items()}, folded), {}
    slots = sorted({*ranks, *(name.rpartition(".")[0] for name in held)})
    constants = _Folded(Constants(base, measured.window), folded)
    folder.mkdir(parents=True)
    graphs, grids, low = {}, {}, 0.0
    for name, tokens in ((CHUNK, measured.chunk), (STEP, 1)):
        traced = trace(config, slots, tokens, measured.window)
        masked, low = with_mask(with_room(with_kept(with_folded(ranges, folded), traced)), traced)
        quantized = Quantizer(constants, masked, ranks, options.weight_bits, held).quantize(traced)
        graphs[name], grids = quantized.model, dict(quantized.grids)
    write_graphs(graphs, folder)
    program = Program(
        FORMAT, VERSION, options.precision, measured.chunk, measured.window, CHUNK, STEP, low,  # type: ignore[arg-type]
        embedding_factor(base), grids, dict(ranks), {}, _kept(measured.first, adapters, grids),
    )  # fmt: skip
    contexts = {soc.name: apart(compile_for, folder, CHUNK, STEP, soc) for soc in options.socs}
    write_json(folder / NAME, asdict(program) | {"contexts": {name: asdict(made) for name, made in contexts.items()}})
    large = {"weights": folder / WEIGHTS} | {name: folder / made.binary for name, made in contexts.items()}
    return folder / NAME, large


def _kept(first: FirstToken | None, adapters: Collection[str], grids: Mapping[str, Grid]) -> First | None:
    if first is None:
        return None
    if missing := sorted(set(adapters) - set(first.adapters)):
        raise ExportError(
            f"ranges of other adapters: expected what the first token leaves under {missing[0][:12]}.., got that of "
            "others; measure them again with memlora ranges"
        )

    def codes(name: str, values: Sequence[float]) -> tuple[int, ...]:
        return tuple(map(int, grids[f"present.{name}"].encode(np.array(values, np.float32))))

    return First(first.token, {a: {n: codes(n, v) for n, v in first.adapters[a].items()} for a in adapters})


class _Folded:
    """Constants whose adapted matrices hold A B too."""

    def __init__(self, constants: Constants, pairs: Mapping[str, Pair]) -> None:
        self._constants, self._pairs = constants, pairs

    def __call__(self, name: str) -> Array:
        values = self._constants(name)
        module, _, part = name.rpartition(".")
        if part == "matrix" and module in self._pairs:
            a, b = self._pairs[module]
            values = values + (a @ b).astype(np.float32)
        return values
