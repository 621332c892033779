"""Writes the table by which another reader of pixels shows that it computes the same ones.

    python -m tests.runtime_py.images.conformance

A row of `tests/conformance/pixels.json` names a source (`sources.py`), what is done to it and the sha256 of the result.
"""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

from runtime_py.images import FILTERS, Normalisation, key_of, resize, square, upright
from tests.runtime_py.images.sources import KINDS, source

FILE = Path(__file__).parents[3] / "tests" / "conformance" / "pixels.json"
Row = dict[str, Any]
_LONG = (
    ((1, 20_000), (1, 512)),
    ((1, 20_000), (224, 224)),
    ((20_000, 1), (512, 1)),
    ((20_000, 3), (224, 224)),
    ((1, 1), (224, 224)),
    ((1, 1), (1, 1)),
    ((900, 1200), (384, 512)),
    ((512, 384), (224, 168)),
    ((224, 168), (512, 384)),
    ((512, 512), (512, 512)),
    ((300, 7), (300, 3)),
    ((7, 300), (3, 300)),
)
_SCALES = (
    (True, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    (True, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    (True, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    (False, (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)),
    (False, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
)


def result(row: Row) -> str:
    """The sha256 that a row's right side is compared with."""
    pixels = source(row["source"], row["seed"], *row["size"])
    match row["step"]:
        case "resize":
            width, height = row["to"]
            data = resize(pixels, width, height, row["filter"]).tobytes()
        case "square":
            data = square(pixels, row["side"], row["filter"]).tobytes()
        case "upright":
            data = upright(pixels, row["orientation"]).tobytes()
        case "normalise":
            made = Normalisation.of_unit if row["unit"] else Normalisation
            data = made(tuple(row["mean"]), tuple(row["std"])).apply(pixels).astype("<f4").tobytes()
        case _:
            return key_of(pixels)
    return hashlib.sha256(data).hexdigest()


def rows() -> list[Row]:
    """600 resizes of random sizes and some long or large ones, squares, turns, normalisations and keys."""
    dice = random.Random(17)
    made: list[Row] = []
    for number in range(600):
        sides = [round(2 ** dice.uniform(0, 8.3)) for _ in range(4)]
        made.append(
            {
                **_source(KINDS[number % 3], number, sides[:2]),
                "step": "resize",
                "filter": list(FILTERS)[number // 3 % 2],
                "to": sides[2:],
            }
        )
    for size, to in _LONG:
        made += [{**_source("noise", 1, size), "step": "resize", "filter": name, "to": list(to)} for name in FILTERS]
    made.append({**_source("gradient", 1, (4000, 3000)), "step": "resize", "filter": "bicubic", "to": [224, 168]})
    for number in range(60):
        sides = [round(2 ** dice.uniform(0, 9)) for _ in range(2)]
        side = dice.choice((1, 7, 64, 224))
        name = dice.choice(list(FILTERS))
        made.append({**_source(KINDS[number % 3], number, sides), "step": "square", "filter": name, "side": side})
    made += [{**_source("noise", 2, (5, 3)), "step": "upright", "orientation": way} for way in range(1, 9)]
    for unit, mean, std in _SCALES:
        made.append({**_source("noise", 3, (40, 30)), "step": "normalise", "unit": unit, "mean": mean, "std": std})
    made += [{**_source("gradient", 4, size), "step": "key"} for size in ((1, 1), (3, 2), (512, 384))]
    return [row | {"sha256": result(row)} for row in made]


def _source(kind: str, seed: int, size: tuple[int, int] | list[int]) -> Row:
    return {"source": kind, "seed": seed, "size": list(size)}


if __name__ == "__main__":
    FILE.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows()) + "\n]\n", "utf-8")
