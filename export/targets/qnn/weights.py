"""The numbers of a graph's constants, read from a base."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from export.sources.features import embedding_scale
from export.sources.model import read_config
from export.targets.qnn.kernels import GAINS
from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase

Array = npt.NDArray[np.float32]


class Constants:
    """A base's tensors by the names that a traced graph has for them, float32."""

    def __init__(self, base: Path, window: int) -> None:
        self._base = QuantizedBase.open(base)
        self._config = read_config(base)
        self._window = window

    def __call__(self, name: str) -> Array:
        """`rotary.cos|sin` `[C, d]`, `<module>.matrix` `[K, N]`, a gain `[D]` or a bias; `ExportError` for another."""
        module, _, part = name.rpartition(".")
        if module == "rotary":
            return self._rotary(part)
        if part == "matrix":
            stored = f"{module}.weight"
            if stored == "lm_head.weight" and stored not in self._base.tensors:
                stored = "model.embed_tokens.weight"  # tied
            return np.ascontiguousarray(self._base.tensor(stored).T)
        if part in GAINS:
            return self._base.tensor(f"{module}.weight") + np.float32(GAINS.index(part))
        if part == "bias":
            return self._base.tensor(name)
        raise ExportError(f"traced graph: expected a constant of the base, got {name!r}; unsupported family")

    def _rotary(self, part: str) -> Array:
        """Twice the table, and of the sines the first half negated (`kernels.rotate`)."""
        from export.sources.rotary import rotary_tables  # brings torch

        table = rotary_tables(self._config, self._window)[f"rotary.{part}"]
        return np.concatenate([-table if part == "sin" else table, table], axis=1)


def embedding_factor(base: Path) -> float:
    """What a row of the base's embedding is multiplied by."""
    import torch
    from transformers import AutoModel

    with torch.device("meta"):
        model = AutoModel.from_config(read_config(base))
    return embedding_scale(model.get_input_embeddings())
