"""`base.ptd` and what its index says of it: every tensor of a checkpoint once, int4, int8 or raw float32."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from calibration import int8
from calibration.checkpoint import Checkpoint, check_finite
from calibration.families import TensorSpec
from calibration.flat_tensor import SEGMENT_ALIGNMENT, FlatTensorWriter, Layout, Segment
from calibration.int4 import Matrix
from calibration.methods import Method

Progress = Callable[[str, int, int], None]
Groups = Sequence[Sequence[TensorSpec]]
_WIDTHS = {"uint8": 1, "int8": 1, "float32": 4, "bfloat16": 2}


@dataclass
class _Error:
    """Sums over one tensor, from which relative and largest error follow."""

    squares: float = 0.0
    error: dict[str, float] = field(default_factory=lambda: {"rtn": 0.0, "chosen": 0.0})
    largest: dict[str, float] = field(default_factory=lambda: {"rtn": 0.0, "chosen": 0.0})

    def add(self, rows: Matrix, **errors: Matrix) -> None:
        """More rows, and their errors by kind."""
        self.squares += float(np.square(rows, dtype=np.float64).sum())
        for kind, values in errors.items():
            self.error[kind] += float(np.square(values, dtype=np.float64).sum())
            self.largest[kind] = max(self.largest[kind], float(np.abs(values).max()))

    def as_json(self) -> dict[str, dict[str, float]]:
        norm = max(self.squares, 1e-30) ** 0.5
        return {k: {"relative": self.error[k] ** 0.5 / norm, "max": self.largest[k]} for k in self.error}


def with_int8(groups: Groups, names: Collection[str]) -> list[list[TensorSpec]]:
    """`groups` with the matrices `names` in int8."""
    return [[replace(spec, kind="int8") if spec.name in names else spec for spec in group] for group in groups]


def matrices(groups: Groups) -> list[str]:
    """Names of all matrices, in file order."""
    return [spec.name for group in groups for spec in group if spec.kind != "raw"]


def largest_size(groups: Groups, group_size: int) -> int:
    """Bytes of a `base.ptd` of these tensors in which no two are equal; where some are, it is smaller."""
    start = _writer(BytesIO(), groups, group_size).start
    return start + sum(tensor_bytes(spec, group_size) for group in groups for spec in group)


def tensor_bytes(spec: TensorSpec, group_size: int) -> int:
    """Bytes of a tensor's segments, filled up to their alignment."""
    layouts = [layout for _, layout in _keys(spec, group_size) if layout]
    lengths = [_WIDTHS[layout.dtype] * int(np.prod(layout.shape)) for layout in layouts]
    return sum(-(-length // SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT for length in lengths)


def write_data(
    file: BinaryIO, source: Checkpoint, groups: Groups, group_size: int, method: Method, progress: Progress | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fills `file`; the tensors of the index, and each matrix's errors. `method` makes the codes of int4 ones."""
    writer = _writer(file, groups, group_size)
    total, done = sum(int(np.prod(spec.shape)) for group in groups for spec in group), 0
    tensors: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for group in groups:
        held_scales: dict[str, bytes] = {}
        for spec in group:
            if spec.kind == "raw":
                tensors[spec.name] = _write_raw(writer, source, spec)
            else:
                error, scales = _Error(), bytearray()
                codes = writer.add_segment(_quantized_chunks(source, spec, method, scales, error))
                held_scales[spec.name] = bytes(scales)
                tensors[spec.name] = {"kind": spec.kind, "shape": list(spec.shape), "codes": _window(codes)}
                writer.add_key(codes.sha256, codes)
                writer.add_key(f"{spec.name}.codes", codes, _codes_layout(spec))
                errors.append({"name": spec.name, "shape": list(spec.shape), **error.as_json()})
            done += int(np.prod(spec.shape))
            if progress:
                progress(spec.name, done, total)
        for spec in group:
            if spec.name in held_scales:
                layout = _scales_layout(spec, group_size)
                scales_segment = writer.add_segment([held_scales[spec.name]])
                shape = {"dtype": layout.dtype, "shape": list(layout.shape)}
                tensors[spec.name]["scales"] = _window(scales_segment) | shape
                writer.add_key(f"scale_{scales_segment.sha256}", scales_segment)
                writer.add_key(f"{spec.name}.scales", scales_segment, layout)
    writer.finish()
    return tensors, errors


def _writer(file: BinaryIO, groups: Groups, group_size: int) -> FlatTensorWriter:
    specs = [spec for group in groups for spec in group]
    keys = [key for spec in specs for key in _keys(spec, group_size)]
    return FlatTensorWriter(file, keys, segments=sum(1 if s.kind == "raw" else 2 for s in specs))


def _write_raw(writer: FlatTensorWriter, source: Checkpoint, spec: TensorSpec) -> dict[str, Any]:
    def chunks() -> Iterator[bytes]:
        for values in source.rows(spec.name):
            check_finite(spec.name, values)
            yield values.astype("<f4").tobytes()

    segment = writer.add_segment(chunks())
    writer.add_key(segment.sha256, segment)
    writer.add_key(spec.name, segment, Layout("float32", spec.shape))
    return {"kind": "raw", "dtype": "float32", "shape": list(spec.shape), **_window(segment)}


def _quantized_chunks(
    source: Checkpoint, spec: TensorSpec, method: Method, scales: bytearray, error: _Error
) -> Iterator[bytes]:
    """Yields packed codes; fills `scales` and `error` on the way."""
    if spec.kind == "int8":
        for rows in source.rows(spec.name):
            check_finite(spec.name, rows)
            codes, row_scales = int8.quantize_rows(rows)
            scales += row_scales.astype("<f4").tobytes()
            error.add(rows, rtn=codes * row_scales - rows, chosen=codes * row_scales - rows)
            yield codes.tobytes()
        return
    for rows, quantized in method.quantized(spec.name):
        scales += quantized.scales.astype("<u2").tobytes()
        error.add(rows, rtn=quantized.rtn_error, chosen=quantized.error)
        yield quantized.codes.tobytes()


def _window(segment: Segment) -> dict[str, Any]:
    return {"key": segment.sha256, "offset": segment.offset, "length": segment.length}


def _codes_layout(spec: TensorSpec) -> Layout:
    if spec.kind == "int8":
        return Layout("int8", spec.shape)
    return Layout("uint8", (spec.shape[0], spec.shape[1] // 2))


def _scales_layout(spec: TensorSpec, group_size: int) -> Layout:
    if spec.kind == "int8":
        return Layout("float32", spec.shape[:1])
    return Layout("bfloat16", (spec.shape[0], spec.shape[1] // group_size))


def _keys(spec: TensorSpec, group_size: int) -> list[tuple[str, Layout | None]]:
    """The keys a tensor will have, with stand-ins of the right length for hashes; unique by the tensor's name."""
    if spec.kind == "raw":
        return [("0" * 64, None), (spec.name, Layout("float32", spec.shape))]
    return [
        ("0" * 64, None), (f"{spec.name}.codes", _codes_layout(spec)),
        (f"scale_{'0' * 64}", None), (f"{spec.name}.scales", _scales_layout(spec, group_size)),
    ]  # fmt: skip
