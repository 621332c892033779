"""`ranges.json`: the activation ranges of a graph's values, which calibration measures and an NPU's target reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime_py.errors import BundleError, ConfigError
from runtime_py.files.records import parse_json, read_record

RANGES = "ranges.json"
FORMAT, VERSION = "memlora.ranges", 1
Range = tuple[float, float]


@dataclass(frozen=True)
class ValueRange:
    """Of one value: least and largest number, and the range of each method."""

    minmax: tuple[float, float]
    percentile: tuple[float, float]
    mse: tuple[float, float]


@dataclass(frozen=True)
class FirstToken:
    """The token that every text begins with, and what it leaves: adapter (`weights.identify`) -> `<layer>.key|value`.

    Values are `Hkv * d` floats, heads outermost. It sees itself alone, so what follows changes nothing of them.
    """

    token: int
    adapters: Mapping[str, Mapping[str, tuple[float, ...]]]


@dataclass(frozen=True)
class ActivationRanges:
    """`operations` are operation -> value -> its ranges, `tokens` how many were run, `window` and `chunk` how.

    The numbers of `first`, where there is one, are in no range but those of keys and values.
    """

    format: str
    version: int
    base_sha256: str
    chunk: int
    window: int
    tokens: Mapping[str, int]
    operations: Mapping[str, Mapping[str, ValueRange]]
    first: FirstToken | None = None

    def union(self, method: str, operations: tuple[str, ...] = ()) -> dict[str, Range]:
        """Value -> the range by `method` that holds those of `operations`; without any named, of all."""
        joined: dict[str, Range] = {}
        for operation in operations or tuple(self.operations):
            for name, found in self.operations[operation].items():
                low, high = getattr(found, method)
                before = joined.get(name, (low, high))
                joined[name] = min(low, before[0]), max(high, before[1])
        return joined


def read_ranges(folder: Path) -> ActivationRanges:
    """The ranges that `memlora ranges` left in `folder`; raises `ConfigError`."""
    path = folder / RANGES
    if not path.is_file():
        raise ConfigError(f"{folder}: expected a folder with {RANGES}, found none; make one with memlora ranges")
    try:
        ranges = read_record(ActivationRanges, parse_json(path.read_bytes(), path.name), path.name)
    except BundleError as e:
        raise ConfigError(f"{path}: {e}") from e
    if (ranges.format, ranges.version) != (FORMAT, VERSION):
        raise ConfigError(f"{path}: expected {FORMAT} {VERSION}, got {ranges.format!r}; measure the ranges again")
    found = (vars(value).values() for values in ranges.operations.values() for value in values.values())
    if not ranges.operations or any(len(pair) != 2 or pair[0] > pair[1] for pairs in found for pair in pairs):
        raise ConfigError(
            f"{path}: expected a least and a largest number for every value, got others; measure them again"
        )
    return ranges
