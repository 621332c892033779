"""Templates of ExecuTorch programs, and linking: a base and an adapter into a template, without lowering."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

from export.adapter import AdapterWeights
from export.model import read_config
from export.targets.executorch_program import kernels, lower, model
from export.targets.executorch_program.lower import lower_program
from export.targets.executorch_program.model import build_program
from export.targets.executorch_program.weights import BaseWeights, RandomWeights
from export.targets.target import context_length
from export.templates import Slot, Structure, Template
from runtime_py.base import Int4Tensor, QuantizedBase, RawTensor
from runtime_py.errors import ExportError

CHUNK_TOKENS = 256
LOGIT_ROWS = 32
_KEY = re.compile(rb"[0-9a-f]{64}")
_IRRELEVANT = (
    "_name_or_path", "architectures", "bos_token_id", "dtype", "eos_token_id", "pad_token_id", "transformers_version",
)  # fmt: skip
_TOOLS = ("executorch", "torch", "torchao", "transformers")


def describe(base: Path, adapter: AdapterWeights | None, context: int | None = None) -> Structure:
    """The structure of a program over the base folder `base`; `context` tokens of KV cache, by default the model's."""
    config = read_config(base)
    capacity = context or context_length(config)
    chunk = min(CHUNK_TOKENS, capacity)
    modules = adapter.modules if adapter else {}
    return Structure(
        config={k: v for k, v in config.to_dict().items() if k not in _IRRELEVANT},
        ranks={path: int(a.shape[1]) for path, (a, _) in sorted(modules.items())},
        group_size=QuantizedBase.open(base).group_size,
        context=capacity,
        chunk=chunk,
        logit_rows=min(LOGIT_ROWS, chunk),
        versions={tool: version(tool) for tool in _TOOLS} | {"kernels": _sources_sha256()},
    )


def _sources_sha256() -> str:
    """sha256 of the modules that decide what a lowered program is, so that a changed kernel is lowered again."""
    digest = hashlib.sha256()
    for module in (kernels, model, lower):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def lower_genuinely(structure: Structure, base: QuantizedBase, adapter: AdapterWeights | None) -> bytes:
    """The program lowered with the real weights: minutes; what `link_program` must equal byte for byte."""
    program = build_program(structure.config, BaseWeights(base, adapter), structure.context)
    return lower_program(program, structure.chunk, structure.logit_rows)


def lower_template(structure: Structure) -> Template:
    """Lowers `structure` with random weights and notes where each of them and its key went.

    Raises `ExportError` when a base tensor's bytes are in the program, or a LoRA tensor's are not there once.
    """
    source = RandomWeights(structure.group_size, structure.ranks)
    program = build_program(structure.config, source, structure.context)
    unknown = set(structure.ranks) - {name for name, part in source.blobs if part == "lora_A"}
    if unknown:
        raise ExportError(f"cannot place the adapter: expected linears of the model, got {min(unknown)!r}")
    lowered = lower_program(program, structure.chunk, structure.logit_rows)
    keys_at: dict[str, list[int]] = {}
    for match in _KEY.finditer(lowered):
        keys_at.setdefault(match.group().decode(), []).append(match.start())
    slots = []
    for blob in source.blobs.values():
        held = lowered.count(blob.data)
        inside = blob.part.startswith("lora")
        if held != int(inside):
            raise ExportError(f"lowered {blob.name}.{blob.part}: expected its bytes {int(inside)} times, got {held}")
        places = tuple(keys_at.get(blob.key, ()))
        if inside and not places:
            raise ExportError(f"lowered {blob.name}.{blob.part}: expected its key in the program, found none")
        at = lowered.index(blob.data) if inside else None
        slots.append(Slot(blob.name, blob.part, blob.key, places, at, len(blob.data)))
    return Template(structure.key, tuple(slots), lowered)


def link_program(template: Template, base: QuantizedBase, adapter: AdapterWeights | None) -> bytes:
    """The program of `base` and `adapter`, equal to its genuine lowering; milliseconds.

    Raises `ExportError` for an adapter or a base of another structure.
    """
    given = adapter.modules if adapter else {}
    wanted = {slot.name for slot in template.slots if slot.part == "lora_A"}
    if wanted != set(given):
        odd = min(wanted ^ set(given))
        expected, got = ("an adapter", "none") if odd in wanted else ("no adapter", "one")
        raise ExportError(f"cannot link: expected {expected} for {odd!r}, got {got}; lower this structure first")
    linked = bytearray(template.program)
    for slot in template.slots:
        data = None
        if slot.data_at is None:
            key, size = _base_key(slot, base)
        else:
            matrix = given[slot.name][0 if slot.part == "lora_A" else 1]
            data = np.ascontiguousarray(matrix.T, dtype="<f4").tobytes()
            key, size = hashlib.sha256(data).hexdigest(), len(data)
        if size != slot.size:
            raise ExportError(f"cannot link {slot.name}.{slot.part}: expected {slot.size} bytes, got {size}")
        if data is not None and slot.data_at is not None:
            linked[slot.data_at : slot.data_at + size] = data
        for at in slot.keys_at:
            linked[at : at + 64] = key.encode()
    return bytes(linked)


def _base_key(slot: Slot, base: QuantizedBase) -> tuple[str, int]:
    entry = base.tensors.get(slot.name)
    match entry, slot.part:
        case Int4Tensor(), "codes":
            window = entry.codes
        case Int4Tensor(), "scales":
            window = entry.scales
        case RawTensor(), "raw":
            window = entry.data
        case _:
            raise ExportError(f"cannot link {slot.name}: expected {slot.part} in the base, got {type(entry).__name__}")
    return window.key, window.length
