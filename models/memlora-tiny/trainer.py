"""The training step, its loss, and a trainer that saves and resumes."""

from collections.abc import Container
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import torch
from batches import Config, batch, encode_chat
from initial_weights import build_model
from optimizer import Muon
from scene import Scene
from skills import SKILLS
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import Qwen2ForCausalLM


def losses(model: Qwen2ForCausalLM, ids: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The weighted loss and the plain mean over answers; the head runs only where there is a weight."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    targets, share = ids[:, 1:], weights[:, 1:]
    kept = share > 0
    loss = functional.cross_entropy(model.lm_head(hidden[kept]), targets[kept], reduction="none")
    return (loss * share[kept]).sum() / share[kept].sum(), loss.detach()[share[kept] == 1.0].mean().item()


@torch.no_grad()
def skill_accuracies(
    model: Qwen2ForCausalLM, tokenizer: Tokenizer, rows: int = 12, names: Container[str] | None = None
) -> dict[str, float]:
    """Share of wholly right answers (each token the first choice) of all skills, or of those in `names`.

    `rows` conversations a skill, on words of the validation split.
    """
    found = {}
    device = next(model.parameters()).device
    for skill, _ in SKILLS:
        if names is not None and skill.__name__ not in names:
            continue
        scene = Scene(Random(f"skill:{skill.__name__}"), "validation")
        encoded = [encode_chat(tokenizer, skill(scene), scene.random) for _ in range(rows)]
        length = max(len(tokens) for tokens, _ in encoded)
        ids = torch.tensor([tokens + [0] * (length - len(tokens)) for tokens, _ in encoded], device=device)
        best = torch.cat([model(part).logits[:, :-1].argmax(-1) for part in torch.split(ids, 8)])
        right = best == ids[:, 1:]
        answers = []
        for row, (_, shares) in enumerate(encoded):
            answered = [index for index in range(len(shares)) if shares[index] == 1.0]
            for begin, end in _runs(answered):
                answers.append(
                    bool(right[row, begin - 1 : end - 2].all())
                )  # the newline after the stop token does not count
        found[skill.__name__] = round(sum(answers) / len(answers), 3)
    return found


def _runs(positions: list[int]) -> list[tuple[int, int]]:
    """Runs of consecutive positions as (begin, end)."""
    runs: list[tuple[int, int]] = []
    for position in positions:
        if runs and runs[-1][1] == position:
            runs[-1] = (runs[-1][0], position + 1)
        else:
            runs.append((position, position + 1))
    return runs


def rate(config: Config, step: int) -> float:
    """The share of the learning rate at a step."""
    rest = (config.steps - step) / (config.steps * (1 - config.decay_from))
    return min(1.0, (step + 1) / 60) * max(0.02, min(1.0, rest))


class Trainer:
    """Model, optimizers and step number, with save and resume."""

    def __init__(self, config: Config, tokenizer: Tokenizer, device: str = "cpu") -> None:
        self.config, self.tokenizer, self.device = config, tokenizer, device
        self.model = build_model(tokenizer.get_vocab_size(), config.seed).to(device)
        named = list(self.model.named_parameters())
        self.others = [weight for name, weight in named if weight.ndim != 2 or "embed" in name]
        self.muon = Muon([w for name, w in named if w.ndim == 2 and "embed" not in name], lr=config.matrix_lr)
        self.adam = torch.optim.AdamW(self.others, lr=config.other_lr, betas=(0.9, 0.95), weight_decay=0.0)
        self.step = self.tokens = 0

    def train_step(self) -> float:
        """One update; returns the mean loss over answers before it."""
        ids, weights = batch(self.config, self.step, self.tokenizer)
        self.tokens += int((ids != 0).sum())
        share = rate(self.config, self.step)
        self.muon.param_groups[0]["lr"] = self.config.matrix_lr * share
        self.adam.param_groups[0]["lr"] = self.config.other_lr * share
        loss, answers = losses(self.model, ids.to(self.device), weights.to(self.device))
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.others, 1.0)
        for optimizer in (self.muon, self.adam):
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        return answers

    def save(self, path: Path) -> None:
        state: dict[str, Any] = {"step": self.step, "tokens": self.tokens, "config": asdict(self.config)}
        state |= {"model": self.model.state_dict(), "muon": self.muon.state_dict(), "adam": self.adam.state_dict()}
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        if state["config"] != asdict(self.config):
            raise SystemExit(f"{path} belongs to another configuration: delete it to start again.")
        self.step, self.tokens = state["step"], state["tokens"]
        self.model.load_state_dict(state["model"])
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
