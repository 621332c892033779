"""Rotary tables as the model's own code computes them, so that scaled variants need no rule of ours."""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from export.sources.features import rotary_kinds
from runtime_py.errors import ExportError

_LENGTH_INDEPENDENT = ("default", "linear", "llama3", "yarn")

Table = npt.NDArray[np.float32]


def rotary_tables(config: Any, context: int) -> dict[str, Table]:
    """Float32 `[context, d/2]` by name, sorted, as `rotary.bin` holds them: `rotary.cos`, `rotary.sin`.

    A model that rotates each type of layer by its own table has `rotary.<layer type>.cos|sin` instead.
    Raises `ExportError` when a table would depend on the length.
    """
    from transformers import AutoModel

    with torch.device("meta"):
        kind_of_rotary = type(AutoModel.from_config(copy.deepcopy(config)).rotary_emb)
    parameters = getattr(config, "rope_parameters", None) or {}
    rotary = kind_of_rotary(config)
    tables: dict[str, Table] = {}
    calls: list[tuple[str, ...]] = [(kind,) for kind in rotary_kinds(rotary)] or [()]
    for given in calls:
        _check(parameters[given[0]] if given else parameters)
        with torch.no_grad():
            pair = rotary(torch.zeros(1), torch.arange(context)[None], *given)
        for name, table in zip(("cos", "sin"), pair, strict=True):
            half = table.shape[-1] // 2
            tables[".".join(("rotary", *given, name))] = table[0, :, :half].contiguous().numpy()
    return tables


def _check(parameters: Any) -> None:
    kind = parameters.get("rope_type", "default")
    if kind not in _LENGTH_INDEPENDENT:
        expected = ", ".join(_LENGTH_INDEPENDENT)
        raise ExportError(f"config.json: expected rope_type to be one of {expected}, got {kind!r}; use another base")
