"""How to export for the NPU."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from runtime_py.engines.qnn.socs import Soc, get_soc
from runtime_py.errors import ConfigError
from runtime_py.files.ranges import ActivationRanges, read_ranges

PRECISIONS = {"a16w8": 8, "a16w4": 4}
METHODS = ("minmax", "percentile", "mse")
LORA = ("inputs", "folded")


@dataclass(frozen=True)
class NpuOptions:
    """`ranges` are those of `memlora ranges`, `socs` the chips to compile for.

    `precision` names the bits of activations and weights, `method` which of the ranges are taken; with `lora` "inputs"
    one graph serves all operations, with "folded" each has its own.
    """

    ranges: ActivationRanges
    socs: tuple[Soc, ...] = ()
    precision: str = "a16w8"
    method: str = "minmax"
    lora: str = "inputs"

    @property
    def weight_bits(self) -> int:
        return PRECISIONS[self.precision]

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "NpuOptions":
        """Of the command line's values by name; raises `ConfigError` for one that is missing, unknown or wrong."""
        if unknown := sorted(set(given) - {field.name for field in fields(cls)}):
            raise ConfigError(f"unknown option of the NPU: expected no {unknown[0]}, got it; leave it out")
        folder = given.get("ranges")
        if folder is None:
            raise ConfigError(
                "no activation ranges: expected --ranges with a folder, got none; measure them with memlora ranges"
            )
        for name, known in (("precision", tuple(PRECISIONS)), ("method", METHODS), ("lora", LORA)):
            if given.get(name, known[0]) not in known:
                raise ConfigError(
                    f"unknown {name}: expected one of {', '.join(known)}, got {given[name]!r}; correct it"
                )
        socs = tuple(get_soc(name) for name in given.get("socs", ()))
        chosen = {name: given[name] for name in ("precision", "method", "lora") if name in given}
        return cls(read_ranges(Path(folder)), socs, **chosen)
