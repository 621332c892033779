"""Rotary tables as the model's own code computes them, so that scaled variants need no rule of ours."""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from runtime_py.errors import ExportError

ROTARY_FILE = "rotary.bin"
_LENGTH_INDEPENDENT = ("default", "linear", "llama3", "yarn")


def rotary_tables(config: Any, context: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Cosines and sines, float32 `[context, d/2]` each; raises `ExportError` when they would depend on the length."""
    from transformers import AutoModel

    kind = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    if kind not in _LENGTH_INDEPENDENT:
        expected = ", ".join(_LENGTH_INDEPENDENT)
        raise ExportError(f"config.json: expected rope_type to be one of {expected}, got {kind!r}; use another base")
    with torch.device("meta"):
        kind_of_rotary = type(AutoModel.from_config(copy.deepcopy(config)).rotary_emb)
    rotary = kind_of_rotary(config)
    with torch.no_grad():
        cos, sin = rotary(torch.zeros(1), torch.arange(context)[None])
    half = cos.shape[-1] // 2
    return cos[0, :, :half].contiguous().numpy(), sin[0, :, :half].contiguous().numpy()
