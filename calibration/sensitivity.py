"""What each group of matrices alone loses in int4: KL divergence from the model itself, on texts."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from calibration.checkpoint import Checkpoint
from calibration.data_file import Progress
from calibration.methods import Method
from calibration.methods.stream import load_model
from calibration.texts import CHUNK_TOKENS, Chunk, evenly

CHUNKS, TOKENS, STRIDE = 6, 128, 4
"""So many chunks, the first tokens of each, the logits of every fourth."""


def measure_units(
    source: Checkpoint, units: Sequence[Sequence[str]], method: Method, chunks: Sequence[Chunk],
    progress: Progress | None, done: int = 0,
) -> Iterator[float]:  # fmt: skip
    """Nats a position for each unit of tensors, made int4 by `method` while all others stay.

    The first `done` units are left out; each of the others comes as soon as it is measured.
    The whole model is in memory; layers before a unit's are not computed again.
    """
    model = load_model(source)
    some = [torch.tensor([chunk[:TOKENS]]) for chunk in evenly(chunks, CHUNKS * CHUNK_TOKENS)]
    exact, inputs = _record(model, some)
    for place, unit in enumerate(units[done:], start=done):
        start = _layer(unit[0], len(inputs[0]))
        with _rounded(model, unit, method):
            found = [_kl(e, _logits(model, x, start, kept)) for e, x, kept in zip(exact, some, inputs, strict=True)]
        yield sum(found) / len(found)
        if progress:
            progress(f"sensitivity, {unit[0]}", place + 1, len(units))


def _record(model: Any, chunks: Sequence[Tensor]) -> tuple[list[Tensor], list[list[Tensor]]]:
    """Log probabilities of each chunk, and the inputs of its layers."""
    inputs: list[list[Tensor]] = []
    handles = [
        layer.register_forward_pre_hook(lambda _module, args: inputs[-1].append(args[0]))
        for layer in model.model.layers
    ]
    logits = []
    for chunk in chunks:
        inputs.append([])
        logits.append(_logits(model, chunk, 0, []))
    for handle in handles:
        handle.remove()
    return logits, inputs


def _logits(model: Any, tokens: Tensor, start: int, inputs: Sequence[Tensor]) -> Tensor:
    """Log probabilities `[P, V]`; layers before `start` are skipped, its input is that of `inputs`."""
    layers: Sequence[nn.Module] = model.model.layers[:start]
    kept = inputs[start] if start else None
    for layer in layers:
        layer.forward = _constant(kept)  # type: ignore[arg-type]
    places = torch.arange(0, tokens.shape[1], STRIDE)
    try:
        with torch.no_grad():
            logits: Tensor = model(tokens, use_cache=False, logits_to_keep=places).logits[0]
    finally:
        for layer in layers:
            del layer.forward
    return logits.log_softmax(-1)


def _constant(value: Tensor) -> Callable[..., Tensor]:
    return lambda *_args, **_named: value


@contextmanager
def _rounded(model: Any, names: Sequence[str], method: Method) -> Iterator[None]:
    parameters = [model.get_parameter(name) for name in names]
    before = [parameter.data for parameter in parameters]
    for name, parameter in zip(names, parameters, strict=True):
        pieces = [rows + rounded.error for rows, rounded in method.quantized(name)]
        parameter.data = torch.from_numpy(np.concatenate(pieces))
    yield
    for parameter, data in zip(parameters, before, strict=True):
        parameter.data = data


def _layer(name: str, layers: int) -> int:
    """The first layer that a tensor changes: 0 for the embedding; for a head of its own, only the last need be run."""
    found = re.match(r"model\.layers\.(\d+)\.", name)
    if found:
        return int(found[1])
    return layers - 1 if name == "lm_head.weight" else 0


def _kl(exact: Tensor, other: Tensor) -> float:
    return float((exact.exp() * (exact - other)).sum(-1).mean())
