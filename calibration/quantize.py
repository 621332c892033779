"""HF checkpoint -> `base/`: every tensor once in `base.ptd`, int4, int8 or raw float32, the same bytes on every run."""

import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from calibration.budget import choose_int8
from calibration.checkpoint import Checkpoint, checkpoint_files
from calibration.data_file import Groups, Progress, matrices, with_int8, write_data
from calibration.families import TensorSpec, tensor_groups
from calibration.int4 import ScaleSearch
from calibration.methods import Method, Rounding
from calibration.smoothing import SMOOTHING, SmoothedCheckpoint, read_exponents
from calibration.sources.origin import ORIGIN, read_origin
from calibration.texts import Chunk, digest
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, sha256_file, write_folder, write_json, write_manifest
from runtime_py.weights import FORMAT, INDEX, PLAIN_VERSION, VERSION

Bits = Literal[4, 8]

DATA_FILE = "base.ptd"
GROUP_SIZES = (32, 64, 128, 256)
DEFAULT_SIZES, LARGE_ROW, SMALL_MODEL = (32, 64, 128), 512, 300e6
COPIED = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
    ORIGIN, "LICENSE",
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Chunks of tokens for GPTQ; with `budget_bytes` their losses also choose which matrices stay int8."""

    chunks: list[Chunk]
    budget_bytes: int | None = None


def quantize_checkpoint(
    checkpoint: Path,
    out: Path,
    group_size: int | None = None,
    scale_search: ScaleSearch = "rtn",
    bits: Bits | None = None,
    smoothing: Path | None = None,
    progress: Progress | None = None,
    int8: Collection[str] = (),
    calibration: Calibration | None = None,
) -> Path:
    """Quantizes the checkpoint in folder `checkpoint` into folder `out` and returns `out`.

    A base that is already there, made from the same files in the same way, is left alone; one made otherwise is
    replaced. `group_size` None leaves it to `best_group_size`, `bits` None to `best_bits`. With 8 every matrix is int8
    with one scale a row; groups and their scales are int4's. `int8` names matrices that stay int8 beside int4 ones.
    `smoothing` names a file of factors that are folded into the weights first (`calibration.smoothing`), by default
    a base that is int8 throughout takes those that lie in the checkpoint's folder.
    Without `calibration` every weight is rounded to nearest, and memory does not depend on the model's size. With it
    int4 linears are made by GPTQ; a budget replaces `bits` and `int8`.
    `progress` gets (what, done, in all): values of tensors, or layers.
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
    if int8 or calibration:
        bits = bits or 4
        if bits == 8:
            raise ConfigError("bits: expected 4 for int8 beside int4, for GPTQ and for a budget, got 8; leave them out")
    bits = bits or best_bits(groups)
    if bits == 8:
        if smoothing is None and (checkpoint / SMOOTHING).is_file():
            smoothing = checkpoint / SMOOTHING
        int8 = matrices(groups)
    groups = with_int8(groups, int8)
    if smoothing is not None:
        source = SmoothedCheckpoint.of(source, read_exponents(smoothing))
    _check(source, groups, group_size)
    files = [checkpoint / "config.json", *checkpoint_files(checkpoint)]
    files += [checkpoint / name for name in COPIED[1:] if (checkpoint / name).is_file()]
    config = {
        "group_size": group_size,
        "scale_search": scale_search,
        **({"bits": bits} if bits != 4 else {}),
        **({"int8": sorted(int8)} if int8 and bits == 4 else {}),
        **({"smoothing": sha256_file(smoothing)} if smoothing is not None else {}),
        **_described(calibration),
        "source": {file.name: sha256_file(file) for file in files},
    }
    if is_current(out, config):
        return out
    if calibration is None:
        _write(
            checkpoint, out, config, source, groups, group_size, Rounding(source, group_size, scale_search), progress
        )
        return out
    from calibration.methods.gptq import Gptq  # brings torch

    with _scratch(out, config) as scratch:
        chunks, budget = calibration.chunks, calibration.budget_bytes
        method = Gptq(source, groups, group_size, chunks, scratch, progress)
        if budget is not None:
            groups = choose_int8(source, groups, group_size, chunks, budget, method, scratch, progress)
        _write(checkpoint, out, config, source, groups, group_size, method, progress)
    return out


def _write(
    checkpoint: Path, out: Path, config: dict[str, Any], source: Checkpoint, groups: Groups, group_size: int,
    method: Method, progress: Progress | None,
) -> None:  # fmt: skip
    version = VERSION if any(spec.kind == "int8" for group in groups for spec in group) else PLAIN_VERSION
    with write_folder(out) as folder:
        with (folder / DATA_FILE).open("wb") as file:
            tensors, errors = write_data(file, source, groups, group_size, method, progress)
        data = folder / DATA_FILE
        index = {
            "format": FORMAT, "version": version, "group_size": group_size,
            "file": DATA_FILE, "sha256": sha256_file(data), "size": data.stat().st_size, "tensors": tensors,
        }  # fmt: skip
        write_json(folder / INDEX, index)
        told = {"scale_search": config["scale_search"], "group_size": group_size, "tensors": errors}
        write_json(folder / "errors.json", told)
        (folder / "hf").mkdir()
        for name in COPIED:
            if (checkpoint / name).is_file():
                shutil.copyfile(checkpoint / name, folder / "hf" / name)
        facts = {"base_sha256": index["sha256"], **(asdict(origin) if (origin := read_origin(checkpoint)) else {})}
        facts.pop("sha256", None)
        write_manifest(folder, "base", config, ("numpy",), facts)


def _described(calibration: Calibration | None) -> dict[str, Any]:
    if calibration is None:
        return {}
    from calibration.methods.matrix import PASSES  # brings torch

    budget = {} if calibration.budget_bytes is None else {"budget_bytes": calibration.budget_bytes}
    return {"method": "gptq", "descent": PASSES, "texts": digest(calibration.chunks), **budget}


@contextmanager
def _scratch(out: Path, config: dict[str, Any]) -> Iterator[Path]:
    """A folder beside `out` for what takes long; it stays when the work is stopped, and belongs to `config` alone."""
    folder = out.parent / f".{out.name}.calibration"
    key = folder / "config.json"
    if not key.is_file() or json.loads(key.read_text("utf-8")) != config:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(key, config)
    yield folder
    shutil.rmtree(folder)


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
