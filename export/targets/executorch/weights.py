"""Two sources of weights for the leaves: a base with an adapter, and random ones for a template."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from export.lowered.templates import Blob
from export.sources.adapter import AdapterWeights
from runtime_py.errors import ExportError
from runtime_py.weights import QuantizedBase


@dataclass(frozen=True)
class BaseWeights:
    """A quantized base with an adapter or none."""

    base: QuantizedBase
    adapter: AdapterWeights | None

    @property
    def group_size(self) -> int:
        return self.base.group_size

    def matrix(self, name: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
        codes = torch.from_numpy(np.array(self.base.codes(name)))
        _check(name, self.base.tensors[name].shape, shape)
        scales = torch.from_numpy(np.array(self.base.scales(name)))
        return codes, scales[:, 0].contiguous() if codes.dtype == torch.int8 else scales.bfloat16()

    def raw(self, name: str, shape: tuple[int, ...]) -> Tensor:
        values = torch.from_numpy(np.array(self.base.tensor(name)))
        _check(name, tuple(values.shape), shape)
        return values

    def lora(self, path: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor] | None:
        if self.adapter is None or path not in self.adapter.modules:
            return None
        a, b = self.adapter.modules[path]
        _check(path, (b.shape[1], a.shape[0]), shape)
        return stored(a), stored(b)


@dataclass
class RandomWeights:
    """All-distinct random weights, the same for the same `seed`; `blobs` lists what was given out, each once.

    Distinct, because equal tensors share one key and could not be told apart afterwards. A matrix is one random
    row, `int8` for the names given, seen N times without being held N times: lowering depends on shapes alone.
    """

    group_size: int
    ranks: Mapping[str, int]
    int8: Collection[str] = ()
    seed: int = 0
    blobs: dict[tuple[str, str], Blob] = field(default_factory=dict)
    _tables: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._generator = torch.Generator().manual_seed(self.seed)

    def matrix(self, name: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
        if name not in self._tables and name in self.int8:
            rows, columns = shape
            codes = torch.randint(-127, 128, (1, columns), dtype=torch.int8, generator=self._generator)
            scales = torch.rand(rows, generator=self._generator) * 0.002 + 0.0005  # XNNPACK writes its storage: whole
            self._note(name, "codes", codes, rows)
            self._tables[name] = (codes.expand(rows, -1), self._note(name, "scales", scales))
        elif name not in self._tables:
            rows, columns = shape
            codes = torch.randint(0, 256, (1, columns // 2), dtype=torch.uint8, generator=self._generator)
            scales = (torch.rand(1, columns // self.group_size, generator=self._generator) * 0.02 + 0.005).bfloat16()
            self._note(name, "codes", codes, rows)
            self._note(name, "scales", scales.view(torch.uint16), rows)
            self._tables[name] = (codes.expand(rows, -1), scales.expand(rows, -1))
        return self._tables[name]

    def raw(self, name: str, shape: tuple[int, ...]) -> Tensor:
        return self._note(name, "raw", torch.rand(shape, generator=self._generator) + 0.5)

    def lora(self, path: str, shape: tuple[int, int]) -> tuple[Tensor, Tensor] | None:
        if path not in self.ranks:
            return None
        a = torch.randn(self.ranks[path], shape[1], generator=self._generator)
        b = torch.randn(shape[0], self.ranks[path], generator=self._generator)
        return self._note(path, "lora_A", a), self._note(path, "lora_B", b)

    def _note(self, name: str, part: str, value: Tensor, rows: int = 1) -> Tensor:
        data = value.contiguous().numpy().tobytes()
        self.blobs[name, part] = Blob(name, part, data, rows, outside=not part.startswith("lora"))
        return value


def stored(matrix: npt.NDArray[np.float32]) -> Tensor:
    """A or B as XNNPACK stores it: transposed, row-major, float32."""
    return torch.from_numpy(np.ascontiguousarray(matrix.T, dtype=np.float32))


def _check(name: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if got != expected:
        raise ExportError(
            f"{name}: expected shape {list(expected)}, got {list(got)}; use a base and adapter of this config"
        )
