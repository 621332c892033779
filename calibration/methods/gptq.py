"""GPTQ (Frantar et al. 2022): what rounding one weight breaks, the weights of its row that are left make good.

Layer by layer over texts, each layer's inputs taken from the quantized layers before it, the head after the last.
Scales are fixed before the codes of a pass, so codes and groups lie as those of any other method. One
thread on one machine gives the same bytes on every run; another processor may sum in another order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from calibration import int8
from calibration.checkpoint import Checkpoint, check_finite
from calibration.families import TensorSpec
from calibration.int4 import Matrix, QuantizedRows, pack, round_to_bf16
from calibration.methods.matrix import Inputs, quantize_matrix
from calibration.methods.rounding import Rounding
from calibration.methods.stream import LayerStream, read_tensor
from calibration.texts import Chunk
from runtime_py.files import write_file_atomic

HEAD_DAMPING = 0.1
"""More than other matrices', for a tied head is the embedding too, whose rows are read as they are."""
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
Progress = Callable[[str, int, int], None]


@dataclass
class Gptq:
    """Codes of every linear in a layer that is int4 in `groups`, and of the head; others are rounded to nearest.

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
        head = specs.get(HEAD, specs[EMBEDDING])
        stream = LayerStream(self.source, self.chunks, self._table(specs[EMBEDDING], head))
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for number in range(len(stream)):
            made |= self._layer(stream, number)
            stream.advance(number)
            if self.progress:
                self.progress(f"GPTQ, layer {number}", number + 1, len(stream))
        if head.kind == "int4":
            made[head.name] = self._head(stream, head.name)
        return made

    def _layer(self, stream: LayerStream, number: int) -> dict[str, tuple[Tensor, Tensor]]:
        file = self.folder / f"layer.{number}.safetensors"
        kept = _read(file)
        layer, prefix = stream.load(number), f"model.layers.{number}."
        made: dict[str, tuple[Tensor, Tensor]] = {}
        for group in self.groups:
            linears = [spec for spec in group if spec.kind != "raw" and spec.name.startswith(prefix)]
            inputs = None
            for spec in linears:
                weight = layer.get_parameter(spec.name.removeprefix(prefix))
                if spec.kind == "int8":
                    weight.data = _rounded8(weight.data)
                    continue
                if spec.name in kept:
                    made[spec.name] = kept[spec.name]
                else:
                    if inputs is None:
                        inputs = Inputs.of(stream.gram(number, linears[0].name.removesuffix(".weight")))
                    made[spec.name] = quantize_matrix(weight.data, inputs, self.group_size)
                codes, scales = (part.numpy() for part in made[spec.name])
                weight.data = torch.from_numpy(_values(codes, scales, self.group_size))
        if made and not kept:
            _write(file, made)
        return made

    def _head(self, stream: LayerStream, name: str) -> tuple[Tensor, Tensor]:
        file = self.folder / "head.safetensors"
        if name not in (kept := _read(file)):
            inputs = Inputs.of(stream.last_gram(), HEAD_DAMPING)
            pieces = []
            for rows in self.source.rows(name):
                check_finite(name, rows)
                pieces.append(quantize_matrix(torch.from_numpy(rows), inputs, self.group_size))
            kept = {name: (torch.cat([codes for codes, _ in pieces]), torch.cat([scales for _, scales in pieces]))}
            _write(file, kept)
        return kept[name]

    def _table(self, spec: TensorSpec, head: TensorSpec) -> Tensor:
        """The embedding that the layers see: one that is the head too is int4 only after them, so here it is exact."""
        weight = read_tensor(self.source, spec.name)
        if spec.kind == "int8":
            return _rounded8(weight)
        if spec is head:
            return weight
        pieces = Rounding(self.source, self.group_size).quantized(spec.name)
        return torch.from_numpy(np.concatenate([rows + rounded.error for rows, rounded in pieces]))


def _read(file: Path) -> dict[str, tuple[Tensor, Tensor]]:
    flat = load_file(file) if file.is_file() else {}
    return {
        key.removesuffix(".codes"): (x, flat[f"{key[:-6]}.scales"]) for key, x in flat.items() if key[-6:] == ".codes"
    }


def _write(file: Path, made: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    flat = {f"{n}.{part}": x for n, xs in made.items() for part, x in zip(("codes", "scales"), xs, strict=True)}
    write_file_atomic(file, save(flat))


def _rounded8(weight: Tensor) -> Tensor:
    codes, scales = int8.quantize_rows(weight.numpy())
    return torch.from_numpy(codes * scales)


def _values(codes: npt.NDArray[np.int8], scales: Matrix, group_size: int) -> Matrix:
    values: Matrix = codes.astype(np.float32) * np.repeat(scales, group_size, axis=1)
    return values
