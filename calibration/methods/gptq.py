"""GPTQ (Frantar et al. 2022): what rounding one weight breaks, the weights of its row that are left make good.

Layer by layer over texts, each layer's inputs taken from the quantized layers before it. Columns are rounded in the
order of their inputs' energy; scales are fixed before, so codes and groups lie as those of any other method. One
thread on one machine gives the same bytes on every run; another processor may sum in another order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from calibration import int8
from calibration.checkpoint import Checkpoint
from calibration.families import TensorSpec
from calibration.int4 import Matrix, QuantizedRows, bf16_scale, pack, round_to_bf16
from calibration.methods.rounding import Rounding
from calibration.methods.stream import LayerStream, read_tensor
from calibration.texts import Chunk
from runtime_py.files import write_file_atomic

DAMPING = 0.01
"""Share of the mean energy that is added to each column's: without it rare inputs decide."""
BLOCK = 64
SEARCH_GRID = tuple(1.0 - 0.04 * step for step in range(9))
Progress = Callable[[str, int, int], None]


@dataclass
class Gptq:
    """Codes of every linear in a layer that is int4 in `groups`; other matrices are rounded to nearest.

    `folder` keeps the layers that are done: a run that was stopped goes on there. It must belong to these arguments.
    """

    source: Checkpoint
    groups: Sequence[Sequence[TensorSpec]]
    group_size: int
    chunks: Sequence[Chunk]
    folder: Path
    progress: Progress | None = None
    _made: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def quantized(self, name: str) -> Iterator[tuple[Matrix, QuantizedRows]]:
        """Rows and codes."""
        if not self._made:
            self._made = self._make()
        rounding = Rounding(self.source, self.group_size)
        if name not in self._made:
            yield from rounding.quantized(name)
            return
        codes, scales = (part.numpy() for part in self._made[name])
        start = 0
        for rows, rounded in rounding.quantized(name):
            some = slice(start, start + len(rows))
            start += len(rows)
            values = _values(codes[some], scales[some], self.group_size)
            bits = round_to_bf16(scales[some])
            yield rows, QuantizedRows(pack(codes[some]), bits, values - rows, rounded.rtn_error)

    def _make(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Codes int8 `[N, K]` and scales float32 `[N, K/G]` by tensor."""
        specs = {spec.name: spec for group in self.groups for spec in group}
        stream = LayerStream(self.source, self.chunks, self._table(specs["model.embed_tokens.weight"]))
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for number in range(len(stream)):
            made |= self._layer(stream, number)
            stream.advance(number)
            if self.progress:
                self.progress(f"GPTQ, layer {number}", number + 1, len(stream))
        return made

    def _layer(self, stream: LayerStream, number: int) -> dict[str, tuple[Tensor, Tensor]]:
        file = self.folder / f"layer.{number}.safetensors"
        kept = load_file(file) if file.is_file() else {}
        layer, prefix = stream.load(number), f"model.layers.{number}."
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for group in self.groups:
            linears = [spec for spec in group if spec.kind != "raw" and spec.name.startswith(prefix)]
            gram = None
            for spec in linears:
                weight = layer.get_parameter(spec.name.removeprefix(prefix))
                if spec.kind == "int8":
                    weight.data = _rounded8(weight.data)
                    continue
                if f"{spec.name}.codes" in kept:
                    made[spec.name] = kept[f"{spec.name}.codes"], kept[f"{spec.name}.scales"]
                else:
                    if gram is None:
                        gram = stream.gram(number, linears[0].name.removesuffix(".weight"))
                    made[spec.name] = quantize_matrix(weight.data, gram, self.group_size)
                codes, scales = (part.numpy() for part in made[spec.name])
                weight.data = torch.from_numpy(_values(codes, scales, self.group_size))
        if made and not kept:
            flat = {f"{n}.{part}": x for n, xs in made.items() for part, x in zip(("codes", "scales"), xs, strict=True)}
            write_file_atomic(file, save(flat))
        return made

    def _table(self, spec: TensorSpec) -> Tensor:
        weight = read_tensor(self.source, spec.name)
        if spec.kind == "int8":
            return _rounded8(weight)
        pieces = Rounding(self.source, self.group_size).quantized(spec.name)
        return torch.from_numpy(np.concatenate([rows + rounded.error for rows, rounded in pieces]))


def quantize_matrix(weight: Tensor, gram: Tensor, group_size: int) -> tuple[Tensor, Tensor]:
    """Codes int8 `[N, K]` in -8..7 and scales float32 (bf16 values) `[N, K/G]` of a weight `[N, K]`.

    `gram` `[K, K]` is the sum of x x^T over its inputs. Equations and the damping are those of the paper.
    """
    rows, columns = weight.shape
    gram = gram.clone()
    energy = gram.diagonal()
    energy[energy == 0] = 1.0  # a column without input is rounded to nearest
    energy += DAMPING * energy.mean()
    scales = _scales(weight, energy, group_size)
    order = torch.argsort(energy, descending=True, stable=True)
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(gram[order][:, order])), upper=True)
    left = weight[:, order].clone()
    spread = scales.repeat_interleave(group_size, dim=1)[:, order]
    codes = torch.empty(rows, columns)
    for start in range(0, columns, BLOCK):
        end = min(start + BLOCK, columns)
        block, near = left[:, start:end], inverse[start:end, start:end]
        errors = torch.empty_like(block)
        for j in range(end - start):
            steps = spread[:, start + j]
            code = (block[:, j] / steps).round().clamp(-8, 7)
            codes[:, start + j] = code
            errors[:, j] = (block[:, j] - code * steps) / near[j, j]
            block[:, j:] -= errors[:, j, None] * near[j, None, j:]
        left[:, end:] -= errors @ inverse[start:end, end:]
    placed = torch.empty(rows, columns, dtype=torch.int8)
    placed[:, order] = codes.to(torch.int8)
    return placed, scales


def _scales(weight: Tensor, energy: Tensor, group_size: int) -> Tensor:
    """The scale of each group that errs least, columns weighted by their inputs' energy."""
    grouped = weight.reshape(weight.shape[0], -1, group_size)
    largest, weights = grouped.abs().amax(2).numpy(), energy.reshape(1, -1, group_size)
    best, found = None, None
    for fraction in SEARCH_GRID:
        scales = torch.from_numpy(bf16_scale(largest, fraction))
        steps = scales[:, :, None]
        loss = (((grouped / steps).round().clamp(-8, 7) * steps - grouped).square() * weights).sum(2)
        if best is None or found is None:
            best, found = loss, scales
        else:
            found = torch.where(loss < best, scales, found)
            best = torch.minimum(loss, best)
    assert found is not None
    return found


def _rounded8(weight: Tensor) -> Tensor:
    codes, scales = int8.quantize_rows(weight.numpy())
    return torch.from_numpy(codes * scales)


def _values(codes: npt.NDArray[np.int8], scales: Matrix, group_size: int) -> Matrix:
    values: Matrix = codes.astype(np.float32) * np.repeat(scales, group_size, axis=1)
    return values
