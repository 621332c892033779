"""Base + dataset -> one LoRA expert, a stock PEFT folder with a manifest."""

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback
from trl import SFTConfig

from distill.training.checkpoints import EvaluateAtEnd, MarkComplete, last_checkpoint, prepare_run, run_folder
from distill.training.collate import collate
from distill.training.config import KIND, TrainingConfig
from distill.training.model import load_adapter, load_base, lora_config, open_chat
from distill.training.order import order_rows
from distill.training.packing import PackedRow, alone, pack
from distill.training.progress import LOG_EVERY, ProgressBar, StopWhenDiverged, Timer, plot_losses, write_log
from distill.training.tokens import TokenRows, encode_rows
from distill.training.trainer import ExpertTrainer
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import Example, write_folder, write_manifest
from runtime_py.operations import AnyOperation, LoraTargets
from runtime_py.operations.chat import Chat
from runtime_py.progress import Progress

TOOLS = ("torch", "transformers", "peft", "trl", "accelerate", "datasets")
LOG, PLOT = "train_log.jsonl", "loss.png"
EVALUATION_BATCH = 32


def train(
    folder: Path,
    base: Path,
    rows: Mapping[str, Sequence[Example]],
    config: TrainingConfig,
    identity: Mapping[str, Any],
    checkpoint: Path | None,
    start: Path | None,
    progress: Progress,
    callbacks: Sequence[TrainerCallback],
) -> None:
    """Train on `rows["train"]`, choose the step by `rows["validation"]`, write the expert to `folder`.

    `start` is the folder of an expert whose weights the training begins with; None begins with PEFT's own.

    `identity` decides which unfinished run is this one and becomes the manifest's config; the caller has checked it.
    """
    skill = operations.get(str(identity["operation"]))
    chat = open_chat(base / "hf")
    encoded = encode(skill, rows, config, chat)
    teach(folder, base, encoded, skill.lora_targets, config, identity, chat, checkpoint, start, progress, callbacks)


def encode(
    skill: AnyOperation, rows: Mapping[str, Sequence[Example]], config: TrainingConfig, chat: Chat
) -> dict[str, TokenRows]:
    """The tokens of as many rows of each split as a run can see."""
    context = min(config.max_tokens or chat.context_tokens, chat.context_tokens)
    prompt = chat.prompt(skill)
    wanted = {"train": config.steps * config.batch_size, "validation": config.validation_rows}
    if config.pack_tokens:  # a sequence holds several rows, and a sample would tear them apart
        wanted = {split: len(given) for split, given in rows.items()}
    return {
        split: encode_rows(chosen, skill, prompt, chat.tokenizer, chat.turn_end, context)
        for split, chosen in ((split, _sample(given, wanted[split], config.seed)) for split, given in rows.items())
    }


def teach(
    folder: Path,
    base: Path,
    encoded: Mapping[str, TokenRows],
    targets: LoraTargets,
    config: TrainingConfig,
    identity: Mapping[str, Any],
    chat: Chat,
    checkpoint: Path | None,
    start: Path | None,
    progress: Progress,
    callbacks: Sequence[TrainerCallback] = (),
) -> None:
    """As `train`, on rows of tokens; `targets` are adapted where the config names none."""
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    model = load_base(base, identity["base_precision"], checkpoint, dtype)
    work = run_folder(folder)
    PartialState(cpu=not torch.accelerator.is_available())  # before all others: without it CPUs know no other process
    with PartialState().main_process_first():
        if PartialState().is_main_process:
            prepare_run(work, identity)
    timer = Timer()
    told = ProgressBar(f"{identity['operation']} expert", progress)
    trainer = _trainer(config.targets or targets, config, chat, encoded, model, work)
    if start is not None:
        load_adapter(trainer.model, start)
    for callback in (MarkComplete(), StopWhenDiverged(), timer, told, *callbacks):
        trainer.add_callback(callback)
    resumed = last_checkpoint(work)
    trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    if trainer.is_world_process_zero():
        _write(folder, trainer, identity, encoded, timer, chat, read_source(base))
        shutil.rmtree(work)
    trainer.accelerator.wait_for_everyone()


def _trainer(
    targets: LoraTargets,
    config: TrainingConfig,
    chat: Chat,
    rows: Mapping[str, TokenRows],
    model: Any,
    work: Path,
) -> ExpertTrainer:
    processes = PartialState().num_processes
    if config.batch_size % (config.gradient_accumulation * processes):
        raise ConfigError(
            f"batch_size: expected a multiple of gradient_accumulation {config.gradient_accumulation} x {processes} "
            f"processes, got {config.batch_size}"
        )
    packed = {split: _pack(found, config) for split, found in rows.items()}
    steps = max(1, min(config.steps, config.epochs * len(packed["train"]) // config.batch_size))
    every = min(config.evaluate_every, steps)
    arguments = SFTConfig(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=config.batch_size // (config.gradient_accumulation * processes),
        per_device_eval_batch_size=EVALUATION_BATCH,
        gradient_accumulation_steps=config.gradient_accumulation,
        activation_checkpointing=False,
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.schedule if config.schedule != "constant" else "constant_with_warmup",
        warmup_steps=round(config.warmup_fraction * steps),
        adam_beta1=config.beta1,
        adam_beta2=config.beta2,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch_fused",
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        logging_steps=LOG_EVERY,
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        max_length=None,
        packing=False,
        remove_unused_columns=False,
        bf16=config.precision == "bf16",
        use_cpu=not torch.accelerator.is_available(),
        dataloader_pin_memory=torch.accelerator.is_available(),
        seed=config.seed,
        data_seed=config.seed,
    )
    order = order_rows([len(row.input_ids) for row in packed["train"]], config.batch_size, steps, config.seed)
    trainer = ExpertTrainer(
        model=model,
        args=arguments,
        train_dataset=_columns(packed["train"]).select(order),
        eval_dataset=_columns(_short_to_long(packed["validation"])),
        processing_class=chat.template,
        peft_config=lora_config(
            model,
            targets,
            config.rank,
            config.alpha,
            config.dropout,
            config.first_layer,
        ),
        data_collator=partial(collate, padding=chat.template.pad_token_id),
        callbacks=[EvaluateAtEnd(), EarlyStoppingCallback(config.patience)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _pack(rows: TokenRows, config: TrainingConfig) -> list[PackedRow]:
    return pack(rows.rows, config.pack_tokens) if config.pack_tokens else [alone(row) for row in rows.rows]


def _columns(rows: Sequence[PackedRow]) -> Dataset:
    names = ("input_ids", "labels", "position_ids", "segments")
    return Dataset.from_dict({name: [list(getattr(row, name)) for row in rows] for name in names})


def _sample(rows: Sequence[Example], count: int, seed: int) -> Sequence[Example]:
    """All rows, or `count` of them, the same ones every time: no more are encoded than a run can see."""
    return rows if len(rows) <= count else random.Random(seed).sample(rows, count)


def _short_to_long(rows: Sequence[PackedRow]) -> list[PackedRow]:
    """Batches of like lengths, for an order that does not matter."""
    return sorted(rows, key=lambda row: len(row.input_ids))


def _write(
    folder: Path,
    trainer: ExpertTrainer,
    identity: Mapping[str, Any],
    rows: Mapping[str, TokenRows],
    timer: Timer,
    chat: Chat,
    source: Mapping[str, Any],
) -> None:
    model = trainer.accelerator.unwrap_model(trainer.model)
    state = trainer.state
    losses = [entry for entry in state.log_history if "eval_loss" in entry]
    with write_folder(folder) as made:
        model.save_pretrained(made, save_embedding_layers=False)
        make_portable(made)
        write_log(made / LOG, state.log_history)
        plot_losses(made / LOG, made / PLOT, f"{identity['operation']} expert")
        facts = {
            "stop_tokens": list(chat.stop_tokens),
            "steps": state.global_step,
            "best_step": state.best_global_step,
            "best_validation_loss": state.best_metric,
            "first_validation_loss": losses[0]["eval_loss"],
            "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
            "train_rows": len(rows["train"].rows),
            "validation_rows": len(rows["validation"].rows),
            "too_long": {"train": list(rows["train"].too_long), "validation": list(rows["validation"].too_long)},
            "seconds": round(timer.seconds, 1),
            "timed_steps": state.global_step - timer.first_step,
            "base": dict(source),
        }
        write_manifest(made, KIND, identity, TOOLS, facts)


def read_source(base: Path) -> dict[str, Any]:
    """What a base notes of where its model came from: `source` and `licence`; nothing where it notes nothing."""
    noted = base / "hf" / "source.json"
    told = json.loads(noted.read_text("utf-8")) if noted.is_file() else {}
    return {name: told[name] for name in ("source", "licence") if name in told}


def make_portable(folder: Path) -> None:
    """Sets and paths out of PEFT's config: the same training gives the same bytes on every machine."""
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = None
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "README.md").unlink()  # a form to fill in; the manifest says what there is to say
