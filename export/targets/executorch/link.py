"""Templates of ExecuTorch programs, and linking: a base and an adapter into a template, without lowering."""

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from export.lowered.templates import Slot, Template, Weight, fill, structure_key
from export.machine.cache import sources_sha256
from export.sources import features
from export.sources.adapter import AdapterWeights
from export.sources.model import read_config
from export.targets.executorch import attention, delegates, kernels, lower, model
from export.targets.executorch.lower import lower_program
from export.targets.executorch.model import build_program
from export.targets.executorch.weights import BaseWeights, RandomWeights
from runtime_py.errors import ExportError
from runtime_py.operations.chat import context_length
from runtime_py.weights import Int4Tensor, Int8Tensor, QuantizedBase, RawTensor

CHUNK_TOKENS = 256
LOGIT_ROWS = 32
_IRRELEVANT = (
    "_name_or_path", "architectures", "bos_token_id", "dtype", "eos_token_id", "pad_token_id", "transformers_version",
)  # fmt: skip
_TOOLS = ("executorch", "torch", "torchao", "transformers")


@dataclass(frozen=True)
class Structure:
    """Everything a lowered program depends on besides its weights.

    `config` is the model's `config.json` without what leaves the graph alone; `ranks` maps the module path of each
    adapted linear to its LoRA rank, empty without an adapter. `int8` names the int8 tensors. `context` is the KV
    cache's length, `chunk` the most tokens in one call, `logit_rows` the most rows of logits in one; all in tokens.
    """

    config: dict[str, Any]
    ranks: dict[str, int]
    group_size: int
    int8: list[str]
    context: int
    chunk: int
    logit_rows: int
    versions: dict[str, str]

    @property
    def key(self) -> str:
        """sha256 of the canonical description."""
        return structure_key({key: value for key, value in asdict(self).items() if value or key != "int8"})


def describe(base: Path, adapter: AdapterWeights | None, context: int | None = None) -> Structure:
    """The structure of a program over the base folder `base`; `context` tokens of KV cache, by default the model's."""
    config, opened = read_config(base), QuantizedBase.open(base)
    capacity = context or context_length(config)
    chunk = min(CHUNK_TOKENS, capacity)
    modules = adapter.modules if adapter else {}
    return Structure(
        config={k: v for k, v in config.to_dict().items() if k not in _IRRELEVANT},
        ranks={path: int(a.shape[1]) for path, (a, _) in sorted(modules.items())},
        group_size=opened.group_size,
        int8=sorted(name for name, entry in opened.tensors.items() if isinstance(entry, Int8Tensor)),
        context=capacity,
        chunk=chunk,
        logit_rows=min(LOGIT_ROWS, chunk),
        versions={tool: version(tool) for tool in _TOOLS}
        | {"kernels": sources_sha256(*(m.__name__ for m in (features, kernels, model, attention, delegates, lower)))},
    )


def lower_genuinely(structure: Structure, base: QuantizedBase, adapter: AdapterWeights | None) -> bytes:
    """The program lowered with the real weights: minutes; what `link_program` must equal byte for byte."""
    program = build_program(structure.config, BaseWeights(base, adapter), structure.context)
    return lower_program(program, structure.chunk, structure.logit_rows)


def lower_template(structure: Structure) -> Template:
    """Lowers `structure` with random weights and notes where each of them and its key went.

    Raises `ExportError` when a base tensor's bytes are in the program, or a LoRA tensor's are not there once.
    """
    source = RandomWeights(structure.group_size, structure.ranks, structure.int8)
    program = build_program(structure.config, source, structure.context)
    unknown = set(structure.ranks) - {name for name, part in source.blobs if part == "lora_A"}
    if unknown:
        raise ExportError(f"cannot place the adapter: expected linears of the model, got {min(unknown)!r}")
    lowered = lower_program(program, structure.chunk, structure.logit_rows)
    template = Template.of(structure.key, lowered, source.blobs.values())
    keyless = [slot for slot in template.slots if slot.data_at is not None and not slot.keys_at]
    if keyless:
        raise ExportError(f"lowered {keyless[0].name}.{keyless[0].part}: expected its key in the program, found none")
    return template


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

    def weight_of(slot: Slot) -> Weight:
        if slot.data_at is None:
            return _base_weight(slot, base)
        matrix = given[slot.name][0 if slot.part == "lora_A" else 1]
        return Weight.of(np.ascontiguousarray(matrix.T, dtype="<f4").tobytes())

    return fill(template, weight_of)


def _base_weight(slot: Slot, base: QuantizedBase) -> Weight:
    entry = base.tensors.get(slot.name)
    match entry, slot.part:
        case Int4Tensor() | Int8Tensor(), "codes":
            window = entry.codes
        case Int4Tensor() | Int8Tensor(), "scales":
            window = entry.scales
        case RawTensor(), "raw":
            window = entry.data
        case _:
            raise ExportError(f"cannot link {slot.name}: expected {slot.part} in the base, got {type(entry).__name__}")
    return Weight(window.key, window.length)
