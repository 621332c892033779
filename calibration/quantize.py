"""HF checkpoint -> `base/`: every tensor once in `base.ptd`, int4, int8 or raw float32, the same bytes on every run."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from calibration import int8
from calibration.checkpoint import Checkpoint, checkpoint_files
from calibration.families import TensorSpec, tensor_groups
from calibration.flat_tensor import FlatTensorWriter, Layout, Segment
from calibration.int4 import ScaleSearch, quantize_rows
from calibration.smoothing import SMOOTHING, SmoothedCheckpoint, read_exponents
from calibration.sources.origin import ORIGIN, read_origin
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, sha256_file, write_folder, write_json, write_manifest
from runtime_py.weights import FORMAT, INDEX, PLAIN_VERSION, VERSION

Progress = Callable[[str, int, int], None]

Bits = Literal[4, 8]

DATA_FILE = "base.ptd"
GROUP_SIZES = (32, 64, 128, 256)
DEFAULT_SIZES, LARGE_ROW, SMALL_MODEL = (32, 64, 128), 512, 300e6
COPIED = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
    ORIGIN, "LICENSE",
)  # fmt: skip


@dataclass
class _Error:
    """Sums over one tensor, from which relative and largest error follow."""

    squares: float = 0.0
    error: dict[str, float] = field(default_factory=lambda: {"rtn": 0.0, "chosen": 0.0})
    largest: dict[str, float] = field(default_factory=lambda: {"rtn": 0.0, "chosen": 0.0})

    def add(self, **errors: npt.NDArray[np.float32]) -> None:
        """The errors of more rows, by kind."""
        for kind, values in errors.items():
            self.error[kind] += float(np.square(values, dtype=np.float64).sum())
            self.largest[kind] = max(self.largest[kind], float(np.abs(values).max()))

    def as_json(self) -> dict[str, dict[str, float]]:
        norm = max(self.squares, 1e-30) ** 0.5
        return {k: {"relative": self.error[k] ** 0.5 / norm, "max": self.largest[k]} for k in self.error}


def quantize_checkpoint(
    checkpoint: Path,
    out: Path,
    group_size: int | None = None,
    scale_search: ScaleSearch = "rtn",
    bits: Bits | None = None,
    smoothing: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Quantizes the checkpoint in folder `checkpoint` into folder `out` and returns `out`.

    Memory does not depend on the model's size. A base that is already there, made from the same files in the same
    way, is left alone; one made otherwise is replaced. `group_size` None leaves it to `best_group_size`, `bits` None
    to `best_bits`. With 8 every matrix is int8 with one scale a row; groups and their scales are int4's. `smoothing`
    names a file of factors that are folded into the weights first (`calibration.smoothing`), by default an int8 base
    takes those that lie in the checkpoint's folder.
    `progress` gets (tensor name, values done, values in all).
    Raises `ConfigError` for a checkpoint that cannot be quantized so; nothing is left at `out` then.
    """
    if group_size not in (None, *GROUP_SIZES):
        raise ConfigError(f"group size: expected one of {', '.join(map(str, GROUP_SIZES))}, got {group_size}")
    if bits not in (None, 4, 8):
        raise ConfigError(f"bits: expected 4 or 8, got {bits}")
    if scale_search not in ("rtn", "mse"):
        raise ConfigError(f"scale search: expected 'rtn' or 'mse', got {scale_search!r}")
    source = Checkpoint.open(checkpoint)
    groups = tensor_groups(source.config)
    group_size = group_size or best_group_size(groups)
    bits = bits or best_bits(groups)
    if bits == 8:
        if smoothing is None and (checkpoint / SMOOTHING).is_file():
            smoothing = checkpoint / SMOOTHING
        groups = [[replace(spec, kind="int8") if spec.kind == "int4" else spec for spec in group] for group in groups]
    if smoothing is not None:
        source = SmoothedCheckpoint.of(source, read_exponents(smoothing))
    _check(source, groups, group_size)
    files = [checkpoint / "config.json", *checkpoint_files(checkpoint)]
    files += [checkpoint / name for name in COPIED[1:] if (checkpoint / name).is_file()]
    config = {
        "group_size": group_size,
        "scale_search": scale_search,
        **({"bits": bits} if bits != 4 else {}),
        **({"smoothing": sha256_file(smoothing)} if smoothing is not None else {}),
        "source": {file.name: sha256_file(file) for file in files},
    }
    if is_current(out, config):
        return out
    with write_folder(out) as folder:
        with (folder / DATA_FILE).open("wb") as file:
            tensors, errors = _write_data(file, source, groups, group_size, scale_search, progress)
        data = folder / DATA_FILE
        index = {
            "format": FORMAT, "version": VERSION if bits == 8 else PLAIN_VERSION, "group_size": group_size,
            "file": DATA_FILE, "sha256": sha256_file(data), "size": data.stat().st_size, "tensors": tensors,
        }  # fmt: skip
        write_json(folder / INDEX, index)
        write_json(folder / "errors.json", {"scale_search": scale_search, "group_size": group_size, "tensors": errors})
        (folder / "hf").mkdir()
        for name in COPIED:
            if (checkpoint / name).is_file():
                shutil.copyfile(checkpoint / name, folder / "hf" / name)
        facts = {"base_sha256": index["sha256"], **(asdict(origin) if (origin := read_origin(checkpoint)) else {})}
        facts.pop("sha256", None)
        write_manifest(folder, "base", config, ("numpy",), facts)
    return out


def best_bits(groups: list[list[TensorSpec]]) -> Bits:
    """8 for models below 300 million weights that are not mere toys, which 4 bits cost too much; else 4.

    By perplexity SmolLM2-135M loses half with int4 and half a percent with int8 (`docs/decisions.md`).
    """
    matrices = [spec.shape for group in groups for spec in group if spec.kind == "int4"]
    small = sum(int(np.prod(shape)) for shape in matrices) < SMALL_MODEL
    return 8 if small and min(columns for _, columns in matrices) >= LARGE_ROW else 4


def best_group_size(groups: list[list[TensorSpec]]) -> int:
    """128, or the largest smaller size that divides every int4 row; 32 for models with a row below 512 weights.

    Kernels are faster with larger groups and experts learn to live with them (`docs/decisions.md`); a small model
    has no time to save.
    """
    rows = {spec.shape[1] for group in groups for spec in group if spec.kind == "int4"}
    sizes = [size for size in DEFAULT_SIZES if not any(row % size for row in rows)]
    return max(sizes, default=DEFAULT_SIZES[0]) if min(rows) >= LARGE_ROW else DEFAULT_SIZES[0]


def _check(source: Checkpoint, groups: list[list[TensorSpec]], group_size: int) -> None:
    specs = {spec.name: spec for group in groups for spec in group}
    for name, spec in specs.items():
        stored = source.tensors.get(name)
        if stored is None:
            raise ConfigError(f"{source.folder}: expected tensor {name!r} {list(spec.shape)}, found none")
        if stored.shape != spec.shape:
            raise ConfigError(
                f"tensor {name!r}: expected shape {list(spec.shape)} by config.json, got {list(stored.shape)}"
            )
        if spec.kind == "int4" and spec.shape[1] % group_size:
            raise ConfigError(
                f"tensor {name!r}: expected columns in whole groups of {group_size}, got {spec.shape[1]}; "
                "choose a smaller --group-size or another base"
            )
    if "lm_head.weight" in source.tensors and "lm_head.weight" not in specs:
        _check_tied_head(source)
    # A tied checkpoint may repeat the embedding as the head; old ones carry rotary tables that the config implies.
    extra = {
        n for n in source.tensors if n not in specs and n != "lm_head.weight" and not n.endswith("rotary_emb.inv_freq")
    }
    if extra:
        raise ConfigError(
            f"{source.folder}: expected only the tensors of a {source.config['model_type']} model, "
            f"got {min(extra)!r} ({len(extra)} in all); quantized or extended checkpoints are not supported"
        )


def _check_tied_head(source: Checkpoint) -> None:
    """A head that is stored beside a tied embedding must be a copy of it, or the config names another model."""
    head, embedding = "lm_head.weight", "model.embed_tokens.weight"
    equal = source.tensors[head].shape == source.tensors[embedding].shape and all(
        np.array_equal(a, b) for a, b in zip(source.rows(head), source.rows(embedding), strict=True)
    )
    if not equal:
        raise ConfigError(
            f"{source.folder}: expected {head} to equal {embedding}, which config.json ties to it, got other values; "
            "set tie_word_embeddings to false to keep the stored head"
        )


def _write_data(
    file: BinaryIO,
    source: Checkpoint,
    groups: list[list[TensorSpec]],
    group_size: int,
    search: ScaleSearch,
    progress: Progress | None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    specs = [spec for group in groups for spec in group]
    keys = [key for spec in specs for key in _keys(spec, group_size)]
    writer = FlatTensorWriter(file, keys, segments=sum(1 if s.kind == "raw" else 2 for s in specs))
    total, done = sum(int(np.prod(spec.shape)) for spec in specs), 0
    tensors: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for group in groups:
        held_scales: dict[str, bytes] = {}
        for spec in group:
            if spec.kind == "raw":
                tensors[spec.name] = _write_raw(writer, source, spec)
            else:
                error, scales = _Error(), bytearray()
                codes = writer.add_segment(_quantized_chunks(source, spec, group_size, search, scales, error))
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


def _write_raw(writer: FlatTensorWriter, source: Checkpoint, spec: TensorSpec) -> dict[str, Any]:
    def chunks() -> Iterator[bytes]:
        for values in source.rows(spec.name):
            _check_finite(spec.name, values)
            yield values.astype("<f4").tobytes()

    segment = writer.add_segment(chunks())
    writer.add_key(segment.sha256, segment)
    writer.add_key(spec.name, segment, Layout("float32", spec.shape))
    return {"kind": "raw", "dtype": "float32", "shape": list(spec.shape), **_window(segment)}


def _quantized_chunks(
    source: Checkpoint, spec: TensorSpec, group_size: int, search: ScaleSearch, scales: bytearray, error: _Error
) -> Iterator[bytes]:
    """Yields packed codes; fills `scales` and `error` on the way."""
    for rows in source.rows(spec.name):
        _check_finite(spec.name, rows)
        error.squares += float(np.square(rows, dtype=np.float64).sum())
        if spec.kind == "int8":
            codes, row_scales = int8.quantize_rows(rows)
            scales += row_scales.astype("<f4").tobytes()
            error.add(rtn=codes * row_scales - rows, chosen=codes * row_scales - rows)
            yield codes.tobytes()
            continue
        quantized = quantize_rows(rows, group_size, search)
        scales += quantized.scales.astype("<u2").tobytes()
        error.add(rtn=quantized.rtn_error, chosen=quantized.error)
        yield quantized.codes.tobytes()


def _check_finite(name: str, values: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    if not np.isfinite(values).all():
        raise ConfigError(f"tensor {name!r}: expected finite numbers, got NaN or infinity; the checkpoint is damaged")


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
