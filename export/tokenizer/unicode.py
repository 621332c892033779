"""What the tokenizers package takes each character for, as it was found by `export.tokenizer.probe`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("unicode.json")
LAST = 0x10FFFF
RANGES = ("numeric", "white_space", "punctuation", "control", "nonspacing", "ideographs")
Ranges = list[tuple[int, int]]


@dataclass(frozen=True)
class Unicode:
    """Ranges of code points, both ends inside, ascending.

    `properties` are those of patterns (`\\p{L}` under `L`, `\\s` under `s`); `numeric`, `white_space`, `punctuation`,
    `control`, `nonspacing` and `ideographs` those of steps without a pattern. `decompositions` are canonical, whole and
    without Hangul; `combining` has classes other than 0, `compositions` first, second, composed.
    """

    tokenizers: str
    properties: Mapping[str, Ranges]
    numeric: Ranges
    white_space: Ranges
    punctuation: Ranges
    control: Ranges
    nonspacing: Ranges
    ideographs: Ranges
    lowercase: Mapping[int, str]
    decompositions: Mapping[int, str]
    combining: list[tuple[int, int, int]]
    compositions: list[tuple[int, int, int]]

    def to_bytes(self) -> bytes:
        """The file: a key a line, its lists flat, which keeps it short."""
        values = {key: json.dumps(_flat(value), ensure_ascii=True) for key, value in asdict(self).items()}
        return ("{" + ",\n".join(f'"{key}": {value}' for key, value in values.items()) + "}\n").encode()


@lru_cache(maxsize=1)
def read_unicode() -> Unicode:
    """The file beside this module."""
    value = json.loads(PATH.read_text("utf-8"))
    return Unicode(
        tokenizers=value["tokenizers"],
        properties={name: _grouped(numbers, 2) for name, numbers in value["properties"].items()},
        lowercase={int(point): text for point, text in value["lowercase"].items()},
        decompositions={int(point): text for point, text in value["decompositions"].items()},
        combining=_grouped(value["combining"], 3),
        compositions=_grouped(value["compositions"], 3),
        **{key: _grouped(value[key], 2) for key in RANGES},
    )


def complement(given: Ranges) -> Ranges:
    """Every other code point; surrogates, which no text holds, are on either side."""
    edges = [(-1, -1), *given, (LAST + 1, LAST + 1)]
    between = pairwise(edges)
    return [(before[1] + 1, after[0] - 1) for before, after in between if before[1] + 1 < after[0]]


def union(parts: Iterable[Ranges]) -> Ranges:
    """The code points of any of `parts`."""
    found: Ranges = []
    for first, last in sorted(pair for part in parts for pair in part):
        if found and found[-1][1] >= first - 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _flat(inner) for key, inner in value.items()}
    return [number for part in value for number in part] if isinstance(value, list) else value


def _grouped(numbers: list[int], size: int) -> Any:
    return list(zip(*(numbers[start::size] for start in range(size)), strict=True))
