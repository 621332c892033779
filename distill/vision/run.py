"""The steps of a training on pictures: seeded, counted, and gone on with where it was stopped."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import get_scheduler

from distill.training.config import TrainingConfig
from distill.training.order import order_rows
from distill.vision.features import Features
from distill.vision.rows import PicturedRow, answer_only, by_picture, collate
from distill.vision.seeing import Seeing, State, answer_weights, answers_right, kind_weights
from runtime_py.errors import ConfigError
from runtime_py.files import LogEntry
from runtime_py.progress import Progress

LOG_EVERY = 10
EVALUATION_BATCH = 16
CHECKPOINT = "checkpoint.pt"


class Run:
    """Steps over `rows["train"]`; an evaluation on `rows["validation"]` and a checkpoint each `evaluate_every` steps.

    `best` is the state with the lowest validation loss, `log` what was measured, `right` the share of right answers of
    each kind of question at the last evaluation (kind -> right, asked).
    """

    def __init__(
        self,
        seeing: Seeing,
        config: TrainingConfig,
        rows: Mapping[str, Sequence[PicturedRow]],
        features: Mapping[str, Features],
        padding: int,
        folder: Path,
        name: str,
        progress: Progress,
    ) -> None:
        self._seeing, self._config, self._rows, self._features = seeing, config, rows, features
        self._kinds = kind_weights(rows["train"])
        self._padding, self._checkpoint, self._name, self._progress = padding, folder / CHECKPOINT, name, progress
        self.steps = max(1, min(config.steps, config.epochs * len(by_picture(rows["train"])) // config.batch_size))
        self.step = self.best_step = self.tokens = 0
        self.seconds = 0.0
        self.best: State = seeing.state()
        self.best_loss = math.inf
        self.log: list[LogEntry] = []
        self.right: dict[str, tuple[int, int]] = {}
        self._optimizer = torch.optim.AdamW(
            seeing.trained(), config.learning_rate, (config.beta1, config.beta2), weight_decay=config.weight_decay
        )
        schedule = config.schedule if config.schedule != "constant" else "constant_with_warmup"
        warmup = round(config.warmup_fraction * self.steps)
        self._schedule = get_scheduler(schedule, self._optimizer, warmup, self.steps)

    def train(self) -> None:
        """All steps that are left. Raises `ConfigError` when the loss is no longer finite."""
        if self._checkpoint.is_file():
            self._resume(torch.load(self._checkpoint, weights_only=True))
        config = self._config
        given = [[group[0], *map(answer_only, group[1:])] for group in by_picture(self._rows["train"])]
        order = order_rows([sum(row.places for row in g) for g in given], config.batch_size, self.steps, config.seed)
        waited = (self.step - self.best_step) // config.evaluate_every
        losses: list[float] = []
        while self.step < self.steps and waited < config.patience:
            started = time.monotonic()
            start = self.step * config.batch_size
            losses.append(self._learn([given[row] for row in order[start : start + config.batch_size]]))
            self.step += 1
            self.seconds += time.monotonic() - started
            if self.step % LOG_EVERY == 0:
                rate = float(self._schedule.get_last_lr()[0])
                self.log.append(LogEntry(self.step, sum(losses) / len(losses), rate))
                losses = []
            if self.step % config.evaluate_every == 0 or self.step == self.steps:
                self._evaluate()
                waited = (self.step - self.best_step) // config.evaluate_every
            self._progress(self._name, self.step, self.steps, self._note())

    def facts(self) -> dict[str, Any]:
        """What the manifest says of the run."""
        return {
            "steps": self.step,
            "best_step": self.best_step,
            "best_validation_loss": self.best_loss,
            "validation_right": {kind: list(counted) for kind, counted in self.right.items()},
            "seconds": round(self.seconds, 1),
            "tokens": self.tokens,
        }

    def _learn(self, groups: Sequence[Sequence[PicturedRow]]) -> float:
        self._seeing.train()
        batch = collate(groups, self._padding)
        logits, wanted = self._seeing(batch, self._features["train"])
        weight = answer_weights(batch.rows, self._kinds)
        loss = (nn.functional.cross_entropy(logits, wanted, reduction="none") * weight).sum() / weight.sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise ConfigError(
                f"training diverged at step {self.step}: expected a finite loss, got {value}; lower learning_rate"
            )
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._seeing.trained(), self._config.max_grad_norm)
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad()
        self.tokens += int((batch.segments >= 0).sum())
        return value

    @torch.inference_mode()
    def _evaluate(self) -> None:
        self._seeing.eval()
        total, targets = 0.0, 0
        right: dict[str, tuple[int, int]] = {}
        ordered = sorted(self._rows["validation"], key=lambda row: row.places)
        for start in range(0, len(ordered), EVALUATION_BATCH):
            rows = ordered[start : start + EVALUATION_BATCH]
            logits, wanted = self._seeing(collate([[row] for row in rows], self._padding), self._features["validation"])
            total += float(nn.functional.cross_entropy(logits, wanted, reduction="sum"))
            targets += len(wanted)
            for row, hit in zip(rows, answers_right(logits, wanted, rows), strict=True):
                hits, asked = right.get(row.kind, (0, 0))
                right[row.kind] = hits + hit, asked + 1
        loss, self.right = total / targets, dict(sorted(right.items()))
        self.log.append(LogEntry(self.step, validation_loss=loss))
        if loss < self.best_loss:
            self.best, self.best_loss, self.best_step = self._seeing.state(), loss, self.step
        self._save()

    def _note(self) -> str:
        told = [f"loss {entry.loss:.3f}" for entry in self.log if entry.loss is not None][-1:]
        checked = [f"validation {e.validation_loss:.3f}" for e in self.log if e.validation_loss is not None][-1:]
        return " ".join([*told, *checked, *(f"{kind} {k}/{n}" for kind, (k, n) in self.right.items())])

    def _save(self) -> None:
        """Beside its place first, so that a kill leaves the one before whole."""
        partial = self._checkpoint.with_suffix(".partial")
        held = {
            "step": self.step, "best_step": self.best_step, "best_loss": self.best_loss, "tokens": self.tokens,
            "seconds": self.seconds, "right": self.right, "log": [vars(entry) for entry in self.log],
            "state": self._seeing.state(), "best": self.best, "random": torch.get_rng_state(),
            "optimizer": self._optimizer.state_dict(), "schedule": self._schedule.state_dict(),
        }  # fmt: skip
        torch.save(held, partial)
        partial.replace(self._checkpoint)

    def _resume(self, held: Mapping[str, Any]) -> None:
        self.step, self.best_step, self.best_loss = held["step"], held["best_step"], held["best_loss"]
        self.tokens, self.seconds, self.right = held["tokens"], held["seconds"], held["right"]
        self.log, self.best = [LogEntry(**entry) for entry in held["log"]], held["best"]
        self._seeing.load(held["state"])
        self._optimizer.load_state_dict(held["optimizer"])
        self._schedule.load_state_dict(held["schedule"])
        torch.set_rng_state(held["random"])
