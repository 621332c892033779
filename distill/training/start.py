"""Decides whether an expert must be trained at all, before anything heavy is imported."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill.training.config import KIND, WEIGHTS, BasePrecision, TrainingConfig, load_config
from runtime_py import operations
from runtime_py.errors import ConfigError, MissingExtraError
from runtime_py.files import MANIFEST, is_current, read_examples, read_manifest, sha256_file
from runtime_py.progress import Progress, silent
from runtime_py.weights import QuantizedBase

if TYPE_CHECKING:
    from transformers import TrainerCallback

SPLITS = ("train", "validation")


def train_expert(
    operation: str,
    base: Path,
    datasets: Path,
    out: Path,
    config: TrainingConfig | None = None,
    preset: str = "full",
    base_precision: BasePrecision = "int4",
    checkpoint: Path | None = None,
    start: Path | None = None,
    progress: Progress = silent,
    callbacks: Sequence["TrainerCallback"] = (),
) -> Path:
    """Train `operation`'s expert on `base` and return its folder, `out/<operation>`.

    `datasets` holds `<operation>/train.jsonl` and `validation.jsonl`. `config` None takes the preset. A finished
    expert of the same base, data and config is left as it is; a run that was killed goes on from its last checkpoint
    and ends with the weights of an unbroken one. `base_precision` bf16 trains on the weights of the Hugging Face
    folder `checkpoint`, which `base` was made from, for comparison. `start` holds experts, a folder each, whose weights
    the training begins with; rank, alpha and layers must be theirs. Under `accelerate launch` only the main process
    writes.
    Raises `ConfigError` for bad data, config, another checkpoint, or an expert at `out` of another base, and
    `MissingExtraError` without the packages that train.
    """
    operations.get(operation)
    config = config or load_config(operation, preset)
    folder = out / operation
    files = {split: datasets / operation / f"{split}.jsonl" for split in SPLITS}
    rows = {split: read_examples(path) for split, path in files.items()}
    identity: dict[str, Any] = {
        "operation": operation,
        "base_sha256": QuantizedBase.open(base).sha256,
        "base_precision": base_precision,
        "data_sha256": {split: sha256_file(path) for split, path in files.items()},
        "training": asdict(config),
    }
    if start is not None:  # no key without it, so that experts and runs of before stay what they are
        identity["start_sha256"] = _weights_sha256(start / operation)
    if base_precision == "bf16" and checkpoint is not None:
        _check_checkpoint(base, checkpoint)
    _refuse_foreign(folder, identity["base_sha256"])
    if is_current(folder, identity):
        return folder
    try:
        if operations.get(operation).picture:
            from distill.vision.expert import train_seeing

            if start is not None or callbacks:
                raise ConfigError("start, callbacks: expected neither where pictures are read; leave them out")
            dataset = datasets / operation
            train_seeing(folder, base, dataset, rows, config, identity, checkpoint, progress)
            return folder
        from distill.training.expert import train
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            f"training needs the package {e.name}: expected the extra 'export', found none; "
            "pip install 'memlora[export]'"
        ) from e
    train(folder, base, rows, config, identity, checkpoint, start and start / operation, progress, callbacks)
    return folder


def _weights_sha256(expert: Path) -> str:
    for name in ("adapter_config.json", WEIGHTS):
        if not (expert / name).is_file():
            raise ConfigError(
                f"start: expected an expert with {name} in {expert}, found none; name the folder above its own"
            )
    return sha256_file(expert / WEIGHTS)


def _check_checkpoint(base: Path, checkpoint: Path) -> None:
    """The identity of a run names the base alone, so its weights must be those that the base was made from."""
    for name, sha256 in read_manifest(base, "base")["config"]["source"].items():
        if name.endswith(".safetensors") and not (
            (checkpoint / name).is_file() and sha256_file(checkpoint / name) == sha256
        ):
            raise ConfigError(
                f"{checkpoint}: expected the checkpoint that {base} was made from, got another or no {name}; name that "
                "one, or quantize this one"
            )


def _refuse_foreign(folder: Path, base_sha256: Any) -> None:
    if (folder / MANIFEST).is_file():
        found = read_manifest(folder, KIND)["config"]["base_sha256"]
        if found != base_sha256:
            raise ConfigError(
                f"{folder}: expected no expert or one of base {base_sha256}, got one of base {found}; "
                "name another folder or remove this one"
            )
