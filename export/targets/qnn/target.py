"""Qualcomm's NPU: `npu/program.json`, two fixed-point graphs, and what was compiled of them for chips.

With LoRA as inputs one program serves every operation and reads the adapters of the CPU's graphs; folded, each
operation has its own. The bundle's CPU part is what a phone falls back to.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from export.sources.adapter import AdapterWeights
from export.targets.onnx import target as onnx
from export.targets.qnn.options import NpuOptions
from export.targets.target import Lowered, Target
from runtime_py.errors import ConfigError, ExportError
from runtime_py.weights import Pair, identify

NAME = "qnn"
FOLDER = "npu"


def configure(given: Mapping[str, Any]) -> Target:
    """The target with the command line's options; raises `ConfigError`, `ExportError` or `MissingExtraError`."""
    options = NpuOptions.read(given)
    if options.socs:
        from export.targets.qnn.compile import check_host

        check_host()

    def lower_shared(base: Path, adapters: Mapping[str, AdapterWeights], out: Path) -> Lowered:
        from export.targets.qnn.floats import slot_ranks

        _check_measured(options, tuple(adapters))
        ranges = options.ranges.union(options.method, tuple(adapters))
        known = [identify({}), *(identify(adapter.modules) for adapter in adapters.values())]
        return _write(base, options, ranges, slot_ranks(adapters), {}, out / FOLDER, known)

    def lower(
        base: Path, adapter: AdapterWeights | None, out: Path, operation: str, data_file: str = "base.ptd"
    ) -> Lowered:
        _check_measured(options, (operation,))
        ranges = options.ranges.union(options.method, (operation,))
        folded = adapter.modules if adapter else {}
        return _write(base, options, ranges, {}, folded, out / FOLDER / operation, [identify(folded)])

    if options.lora == "inputs":
        return Target(NAME, None, link_adapter, onnx.write_embedder, lower_shared, fallback=onnx.TARGET.name)
    return Target(NAME, lower, link_adapter, onnx.write_embedder, fallback=onnx.TARGET.name)


def _write(
    base: Path,
    options: NpuOptions,
    ranges: Mapping[str, tuple[float, float]],
    ranks: Mapping[str, int],
    folded: Mapping[str, Pair],
    folder: Path,
    adapters: Collection[str],
) -> Lowered:
    from export.targets.qnn.write import write_npu  # brings torch

    program, large = write_npu(base, options, ranges, ranks, folded, folder, adapters)
    return Lowered(program, parts={f"{NAME}_{part}": path for part, path in large.items()})


def _check_measured(options: NpuOptions, operations: tuple[str, ...]) -> None:
    if missing := sorted(set(operations) - set(options.ranges.operations)):
        raise ConfigError(
            f"no ranges of {missing[0]}: expected every operation of the bundle, got "
            f"{', '.join(options.ranges.operations)}; measure them again with its rows"
        )


def link_adapter(out: Path, operation: str, old: Mapping[str, Pair], new: Mapping[str, Pair]) -> None:
    """Folded adapters are in the weights: raises `ExportError`."""
    raise ExportError(
        f"cannot link {operation} for the NPU: expected LoRA as inputs, got it folded into the weights; export again"
    )


TARGET = Target(NAME, None, link_adapter, onnx.write_embedder, configure=configure, fallback=onnx.TARGET.name)
