"""`npu/program.json`: what the fixed-point graphs of a bundle are, and what was compiled of them for which chip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runtime_py.engines.qnn.grid import LARGEST, Grid
from runtime_py.errors import BundleError
from runtime_py.files import parse_json, read_record
from runtime_py.files.limits import MAX_BYTES

FORMAT, VERSION = "memlora.npu", 1
NAME = "program.json"


@dataclass(frozen=True)
class Context:
    """What was compiled for a chip: wrappers of chunk and step around one `binary`, its size, the time it took."""

    chunk: str
    step: str
    binary: str
    soc_model: int
    htp_arch: int
    bytes: int
    seconds: float


@dataclass(frozen=True)
class First:
    """The token whose keys and values are kept: adapter (`weights.identify`) -> `<layer>.key|value` -> codes `Hkv * d`.

    It sees itself alone, so they never change. In many models it is an attention sink, whose residual is orders above
    any other: no grid of 16 bits holds both, and so it is never run (as PrefixQuant does it, arXiv 2410.05265).
    """

    token: int
    adapters: Mapping[str, Mapping[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Program:
    """Files lie beside the program. `chunk` and `window` are in tokens.

    `mask_low` is added to scores of keys that may not be seen, `grids` are those of inputs and outputs, `ranks` of the
    LoRA slots that are inputs; none where the adapter is folded into the weights.
    """

    format: str
    version: int
    precision: Literal["a16w8", "a16w4"]
    chunk: int
    window: int
    chunk_graph: str
    step_graph: str
    mask_low: float
    embedding_scale: float
    grids: Mapping[str, Grid]
    ranks: Mapping[str, int]
    contexts: Mapping[str, Context] = field(default_factory=dict)
    first: First | None = None


def read_program(path: Path) -> Program:
    """Raises `BundleError` for what is no program, or one with numbers out of bounds."""
    if (size := path.stat().st_size) > MAX_BYTES["npu"]:
        raise _refused(path.name, f"at most {MAX_BYTES['npu']} bytes", str(size))
    return parse_program(path.read_bytes(), path.name)


def parse_program(data: bytes, name: str) -> Program:
    """As `read_program`, of a file's bytes."""
    program = read_record(Program, parse_json(data, name), name)
    if (program.format, program.version) != (FORMAT, VERSION):
        raise _refused(name, f"{FORMAT} {VERSION}", f"{program.format[:40]!r} {program.version}")
    if not 1 < program.chunk <= program.window:
        raise _refused(name, "a window of at least one chunk", f"{program.window} and {program.chunk}")
    if not program.mask_low < 0 or min(program.ranks.values(), default=1) < 1:
        raise _refused(name, "a mask below 0 and ranks from 1 on", f"{program.mask_low} and {dict(program.ranks)}"[:99])
    for key, grid in program.grids.items():
        if not grid.scale > 0 or not 0 <= grid.zero <= LARGEST:
            raise _refused(name, f"a grid of 16 bits for {key[:60]}", f"{grid.scale} and {grid.zero}")
    kept = program.first.adapters.values() if program.first else ()
    if program.first and program.first.token < 0:
        raise _refused(name, "a first token of the vocabulary", str(program.first.token))
    if any(codes and not 0 <= min(codes) <= max(codes) <= LARGEST for values in kept for codes in values.values()):
        raise _refused(name, "codes of 16 bits for the first token", "others")
    files = [program.chunk_graph, program.step_graph]
    for context in program.contexts.values():
        files += [context.chunk, context.step, context.binary]
    for file in files:
        if not file or set(file.split("/")) & {"", ".", ".."} or "\\" in file:
            raise _refused(name, "files beside it", repr(file[:60]))
    return program


def _refused(name: str, expected: str, got: str) -> BundleError:
    return BundleError(f"wrong {name}: expected {expected}, got {got}; export the bundle again")
