"""The NPU engine: fixed-point graphs of static shapes for a chunk and for a step, adapters as inputs."""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.engines import onnx
from runtime_py.engines.engine import Engine, EngineFiles, EngineKey, Logits
from runtime_py.engines.kind import AUTOMATIC, Kind, Runtime
from runtime_py.engines.qnn.program import Program, read_program
from runtime_py.engines.qnn.session import CPU, NPU, PLACES, open_graph
from runtime_py.engines.qnn.socs import SOCS, get_soc
from runtime_py.engines.qnn.window import Run, Window, WindowShape
from runtime_py.errors import BundleError, ConfigError
from runtime_py.programs import check_fixed_graph
from runtime_py.weights import Pair, QuantizedBase, identify, read_adapter, unstack

NAME = "qnn"
DEVICE_VARIABLE = "MEMLORA_NPU"
Shapes = dict[str, tuple[int, tuple[int | None, ...]]]
Kept = Mapping[str, NDArray[np.uint16]]
SIMULATED = SOCS["sm8650"]


class QnnEngine(Engine):
    """One operation's window of keys and values over shared graphs; `place` says where they run.

    A call gives the logits of one row: where several are asked for, the tokens before each are fed alone. Keys and
    values are written by position, so feeding after a rewind overwrites. `kept` are those of the program's first token.
    """

    def __init__(
        self, window: Window, program: Program, key: EngineKey, vocab_size: int, place: str, kept: Kept | None = None
    ) -> None:
        super().__init__(key, vocab_size, program.window)
        self.window, self.place = window, place
        self._logits = program.grids["logits"]
        self._kept = kept
        self._first = program.first.token if program.first else None

    def begin(self, token: int) -> int:
        """Places that are held when a text begins with `token`: 1 where it need not be run, since it is kept."""
        if self._kept is None or token != self._first:
            return 0
        self.window.put(0, self._kept)
        return 1

    def _run(self, tokens: NDArray[np.int64], past: int, positions: NDArray[np.int64]) -> Logits:
        given, wanted = tokens[0].tolist(), positions.tolist()
        logits: list[Logits] = []
        first = self.begin(given[0]) if past == 0 and 0 not in wanted else 0
        while first < len(given):
            last = min(first + self.window.largest, len(given))
            row = next((place for place in wanted if first <= place < last), None)
            last = last if row is None else row + 1
            outputs = self.window.call(given[first:last], past + first, last - first - 1)
            if past + first == 0:  # its logits were asked for: the graphs' own, but not what it leaves
                self.begin(given[0])
            if row is not None:
                logits.append(self._logits.decode(outputs["logits"])[0, 0])
            first = last
        return np.stack(logits)


def open_engine(
    files: EngineFiles,
    adapter: bool = True,
    shared: MutableMapping[str, Any] | None = None,
    exact: bool = False,
    runtime: Runtime = AUTOMATIC,
) -> QnnEngine:
    """As `Kind.open_engine`: on the NPU, or where `runtime.device` or `DEVICE_VARIABLE` says.

    Engines of one program share its sessions. `exact` changes nothing: a chunk and a step are compiled apart. Raises
    `UnavailableError` too.
    """
    path, shared = files.program(NAME), {} if shared is None else shared
    place = runtime.device or os.environ.get(DEVICE_VARIABLE) or NPU
    if place not in PLACES:
        raise ConfigError(f"unknown device: expected one of {', '.join(PLACES)}, got {place!r}; name one of these")
    base = QuantizedBase.open(files.base.parent, files.index)
    program = read_program(path)
    where = f"{NAME} {path} {place} {runtime}"
    if where not in shared:
        shared[where] = _open_graphs(path.parent, program, files, base, place, runtime.threads)
    if not adapter and not program.ranks:
        raise BundleError(
            f"no base without adapter for {files.operation}: expected LoRA inputs, got the adapter inside; open it "
            "with its adapter",
            "unlinkable parts",
        )
    pairs = _pairs(files, base) if adapter else {}
    fixed = adapter_inputs(program, files.operation, pairs, base)
    kept = _kept(program, files, pairs)

    def embed(tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        rows = base.dequantize("model.embed_tokens.weight", tokens)
        return rows * np.float32(program.embedding_scale)

    shape = WindowShape(files.layers, files.kv_heads, files.head_dim, program.window, program.mask_low)
    window = Window(shape, program.grids, embed, shared[where], fixed)
    key = EngineKey(files.base_sha256, files.adapter_sha256 if adapter else None)
    return QnnEngine(window, program, key, files.vocab_size, place, kept)


def _pairs(files: EngineFiles, base: QuantizedBase) -> dict[str, Pair]:
    if files.adapter is None:
        return {}
    return unstack(files.adapter.name, read_adapter(files.adapter).tensors, files.ranks, base)


def _kept(program: Program, files: EngineFiles, pairs: Mapping[str, Pair]) -> Kept | None:
    """What the first token leaves under an adapter; raises `BundleError` for one that it is not known of."""
    if program.first is None:
        return None
    known = program.first.adapters
    adapter = identify(pairs) if program.ranks else next(iter(known), "")
    names, size = [name for name in program.grids if name.startswith("present.")], files.kv_heads * files.head_dim
    found = known.get(adapter, {})
    if any(len(found.get(name.removeprefix("present."), ())) != size for name in names):
        raise _refused(files.operation, "one whose first token was kept, got another")
    return {
        name.removeprefix("present."): np.array(found[name.removeprefix("present.")], np.uint16).reshape(
            files.kv_heads, files.head_dim
        )
        for name in names
    }


def adapter_inputs(
    program: Program, operation: str, pairs: Mapping[str, Pair], base: QuantizedBase
) -> dict[str, NDArray[np.uint16]]:
    """Codes of A `[K, R]` and B `[R, N]` of every slot of the graphs, zeros for what `pairs` do not adapt.

    Raises `BundleError` for an adapter with another module, a higher rank or larger values than the graphs take.
    """
    if program.ranks and (foreign := sorted(set(pairs) - set(program.ranks))):
        raise _refused(operation, f"modules that the graphs have slots for, got {foreign[0]}")
    inputs = {}
    for slot, rank in program.ranks.items():
        rows, columns = base.tensors[f"{slot}.weight"].shape
        sides = {"lora_A": np.zeros((columns, rank), np.float32), "lora_B": np.zeros((rank, rows), np.float32)}
        if slot in pairs:
            down, up = pairs[slot]
            if (got := down.shape[1]) > rank:
                raise _refused(operation, f"a rank of at most {rank} at {slot}, got {got}")
            sides["lora_A"][:, : down.shape[1]], sides["lora_B"][: up.shape[0]] = down, up
        for side, values in sides.items():
            grid = program.grids[f"{slot}.{side}"]
            if (largest := float(np.abs(values).max(initial=0.0))) > grid.high * 1.0001:
                raise _refused(
                    operation,
                    f"values up to {grid.high:.4g} in {slot}.{side} (the shared profile), got {largest:.4g}",
                )
            inputs[f"{slot}.{side}"] = grid.encode(values)
    return inputs


def _refused(operation: str, message: str) -> BundleError:
    return BundleError(
        f"adapter of {operation} does not fit the NPU's graphs: expected {message}; measure "
        "the ranges again with this adapter and export for the NPU again",
        "unlinkable parts",
    )


def _open_graphs(
    folder: Path, program: Program, files: EngineFiles, base: QuantizedBase, place: str, threads: int
) -> Mapping[int, Run]:
    soc = get_soc(next(iter(program.contexts))) if program.contexts else SIMULATED
    graphs = {}
    for tokens, name in ((program.chunk, program.chunk_graph), (1, program.step_graph)):
        check_fixed_graph(folder / name, *_signature(program, files, base, tokens))
        graphs[tokens] = open_graph(folder / name, place, soc, threads)
    return graphs


def _signature(program: Program, files: EngineFiles, base: QuantizedBase, tokens: int) -> tuple[Shapes, Shapes]:
    """Types and shapes of a graph's inputs and outputs."""
    heads, size, width, u16, i32 = files.kv_heads, files.head_dim, program.window, 4, 6
    hidden = base.tensors["model.embed_tokens.weight"].shape[1]
    inputs: Shapes = {
        "hidden": (u16, (1, tokens, hidden)),
        "positions": (i32, (tokens,)),
        "mask": (u16, (1, 1, tokens, width + tokens)),
        "row": (i32, (1,)),
    }
    outputs: Shapes = {"logits": (u16, (1, 1, files.vocab_size))}
    for layer in range(files.layers):
        for name, there, length in (("past", inputs, width), ("present", outputs, tokens)):
            there[f"{name}.{layer}.key"] = (u16, (1, heads, size, length))
            there[f"{name}.{layer}.value"] = (u16, (1, heads, length, size))
    for slot, rank in program.ranks.items():
        rows, columns = base.tensors[f"{slot}.weight"].shape
        inputs |= {f"{slot}.lora_A": (u16, (columns, rank)), f"{slot}.lora_B": (u16, (rank, rows))}
    if missing := sorted({n for n, (kind, _) in (inputs | outputs).items() if kind == u16} - set(program.grids)):
        raise BundleError(f"wrong program of the NPU: expected a grid for {missing[0]}, got none; export it again")
    return inputs, outputs


KIND = Kind(
    NAME,
    ("onnxruntime-qnn",),
    "npu",
    takes_adapter=True,
    open_engine=open_engine,
    open_embedder=onnx.open_embedder,
    fallback=onnx.NAME,
    proof=Runtime(device=CPU),
    holds_adapter=lambda files: not read_program(files.program(NAME)).ranks,
)
