"""Which matrices stay int8 so that a base fits into so many bytes and loses least."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calibration.checkpoint import Checkpoint
from calibration.data_file import Groups, Progress, largest_size, matrices, tensor_bytes, with_int8
from calibration.families import TensorSpec
from calibration.methods import Method
from calibration.texts import Chunk
from runtime_py.errors import ConfigError
from runtime_py.files import write_json

LOSSES = "losses.json"
STEPS = 1 << 15


def choose_int8(
    source: Checkpoint, groups: Groups, group_size: int, chunks: Sequence[Chunk], budget_bytes: int, method: Method,
    folder: Path, progress: Progress | None,
) -> list[list[TensorSpec]]:  # fmt: skip
    """`groups`, all int4, with those in int8 that gain most for their bytes, beside int4 by `method`.

    Members of a group stay together, for one kernel reads them. `folder` keeps each loss as soon as it is measured: a
    run that was stopped goes on there. It must belong to these arguments.
    Raises `ConfigError` for a budget below all int4.
    """
    smallest, all_int8 = largest_size(groups, group_size), with_int8(groups, matrices(groups))
    if budget_bytes < smallest:
        raise ConfigError(
            f"budget: expected at least {smallest / 1e6:.1f} MB, the base with every matrix in int4, "
            f"got {budget_bytes / 1e6:.1f}; raise it or choose a larger --group-size"
        )
    if budget_bytes >= largest_size(all_int8, group_size):
        return all_int8
    units = [[spec for spec in group if spec.kind != "raw"] for group in groups if group[0].kind != "raw"]
    names = [[spec.name for spec in unit] for unit in units]
    losses = _losses(source, names, method, chunks, folder, progress)
    extra = [
        sum(tensor_bytes(wide, group_size) - tensor_bytes(spec, group_size) for spec, wide in zip(unit, w, strict=True))
        for unit, w in zip(units, with_int8(units, matrices(units)), strict=True)
    ]
    chosen = choose(losses, extra, budget_bytes - smallest)
    return with_int8(groups, {name for place in chosen for name in names[place]})


def choose(losses: Sequence[float], extra_bytes: Sequence[int], room: int) -> list[int]:
    """Places of what is kept: the largest sum of losses whose bytes fit into `room`.

    Sizes are rounded up to a 32768th of the room, so that every sum of them is looked at. The largest loss a byte first
    would leave out a matrix as large as an embedding where smaller ones have taken a part of its room.
    """
    grain = max(1, -(-room // STEPS))
    sizes = [-(-size // grain) for size in extra_bytes]
    best = np.zeros(max(room, 0) // grain + 1)
    taken = np.zeros((len(losses), len(best)), bool)
    for place, (loss, size) in enumerate(zip(losses, sizes, strict=True)):
        if size < len(best):
            other = best[: len(best) - size] + loss
            taken[place, size:] = other > best[size:]
            best[size:] = np.maximum(best[size:], other)
    kept, left = [], len(best) - 1
    for place in reversed(range(len(losses))):
        if taken[place, left]:
            kept.append(place)
            left -= sizes[place]
    return kept[::-1]


def _losses(
    source: Checkpoint, units: list[list[str]], method: Method, chunks: Sequence[Chunk], folder: Path,
    progress: Progress | None,
) -> list[float]:  # fmt: skip
    file = folder / LOSSES
    losses: list[float] = json.loads(file.read_text("utf-8")) if file.is_file() else []
    if len(losses) == len(units):
        return losses
    from calibration.sensitivity import measure_units  # brings torch

    for loss in measure_units(source, units, method, chunks, progress, done=len(losses)):
        losses.append(loss)
        write_json(file, losses)
    return losses
