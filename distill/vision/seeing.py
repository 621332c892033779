"""A text base that reads a picture's tokens before the question: the frozen base, its adapter, the projector."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from peft import get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

from distill.training.collate import branch_mask
from distill.training.config import TrainingConfig
from distill.training.model import cap_logits, lora_config
from distill.training.tokens import IGNORED
from distill.vision.features import Features
from distill.vision.projector import IMAGE_TOKENS, Projector
from distill.vision.rows import Batch, PicturedRow
from runtime_py.operations import AnyOperation

ANSWER_WEIGHT = 4.0
"""How much more a token of the answer counts than one of the reason."""

State = dict[str, dict[str, torch.Tensor]]


class Seeing(nn.Module):
    """`model` is the base with the operation's adapter; what is trained is float32 whatever the base is in."""

    def __init__(self, base: Any, operation: AnyOperation, config: TrainingConfig) -> None:
        super().__init__()
        torch.manual_seed(config.seed)
        targets = config.targets or operation.lora_targets
        lora = lora_config(base, targets, config.rank, config.alpha, config.dropout, config.first_layer)
        self.model: Any = get_peft_model(base, lora)
        weight = base.get_input_embeddings().weight
        self.projector = Projector(weight.shape[1], float(weight.float().square().mean().sqrt()))

    def begin(self, encode: Callable[[str], list[int]]) -> None:
        """The image tokens' words begin as the base's: the mean of a word's own tokens, by the base's tokenizer."""
        weight = self.model.get_base_model().get_input_embeddings().weight.detach()
        self.projector.begin(lambda word: weight[encode(word)].float().mean(0))

    def trained(self) -> list[nn.Parameter]:
        """Everything that a step changes."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def state(self) -> State:
        """The adapter and the projector, copied."""
        found = {"adapter": get_peft_model_state_dict(self.model), "projector": self.projector.state_dict()}
        return {part: {name: value.detach().clone() for name, value in held.items()} for part, held in found.items()}

    def load(self, state: State) -> None:
        """Back from `state`."""
        set_peft_model_state_dict(self.model, state["adapter"])
        self.projector.load_state_dict(state["projector"])

    def forward(self, batch: Batch, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
        """Float32 logits `[targets, V]` where the next token is a target, and those tokens `[targets]`, row by row."""
        base = self.model.get_base_model()
        text = base.get_input_embeddings()(batch.ids)  # [B, T, D]
        seen = self.projector(features.of(batch.pictures)).to(text.dtype)
        end = batch.start + IMAGE_TOKENS
        embedded = torch.cat([text[:, : batch.start], seen, text[:, end:]], dim=1)
        mask = branch_mask(batch.segments)
        told = {"position_ids": batch.positions, "use_cache": False}
        hidden = base.base_model(inputs_embeds=embedded, attention_mask=mask, **told).last_hidden_state[:, :-1]
        wanted = batch.labels[:, 1:]
        known = wanted != IGNORED
        return cap_logits(base.get_output_embeddings()(hidden[known]).float(), base.config), wanted[known]


def answers_right(logits: torch.Tensor, wanted: torch.Tensor, rows: Sequence[PicturedRow]) -> list[bool]:
    """Whether greedy decoding writes each row's answer: the likeliest token is the right one up to its end."""
    hits = torch.split(logits.argmax(-1) == wanted, [len(row.target) for row in rows])
    return [bool(hit[: row.answer_tokens].all()) for hit, row in zip(hits, rows, strict=True)]


def answer_weights(rows: Sequence[PicturedRow], kinds: Mapping[str, float]) -> torch.Tensor:
    """`[targets]`: what the picture decides counts more than the sentence that follows from it, and by its kind."""
    return torch.cat(
        [
            torch.where(torch.arange(len(row.target)) < row.answer_tokens, ANSWER_WEIGHT, 1.0) * kinds[row.kind]
            for row in rows
        ]
    )


def kind_weights(rows: Sequence[PicturedRow]) -> dict[str, float]:
    """What a question of each kind counts, so that all kinds count alike however many there are: 1 in the mean."""
    counted = Counter(row.kind for row in rows)
    return {kind: len(rows) / (len(counted) * count) for kind, count in counted.items()}
