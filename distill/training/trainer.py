"""TRL's `SFTTrainer`, cut to what one small expert needs: the loss is computed on target positions alone."""

import types
from typing import Any

import torch
from accelerate.data_loader import DataLoaderShard
from torch import nn
from transformers.modeling_outputs import ModelOutput
from trl import SFTTrainer

from distill.training.collate import branch_mask
from distill.training.model import cap_logits
from distill.training.tokens import IGNORED


def score_targets_only(model: nn.Module) -> None:
    """Make `model(input_ids, labels)` run its head on positions whose next token is a target, and sum their loss.

    TRL's own fused head does this on GPUs and scores every position on a CPU, where the head of a small model is a
    third of a step. Everything else about the forward is the model's own. `loss` is the SUM over targets.
    """

    def forward(
        self: Any,
        input_ids: torch.Tensor,
        labels: torch.Tensor,
        position_ids: torch.Tensor,
        segments: torch.Tensor,
        **_given: Any,
    ) -> ModelOutput:
        told = self.base_model(
            input_ids=input_ids, attention_mask=branch_mask(segments), position_ids=position_ids, use_cache=False
        )
        hidden = told.last_hidden_state[:, :-1]  # [B, T-1, D]
        wanted = labels[:, 1:]
        mask = wanted != IGNORED
        logits = cap_logits(self.get_output_embeddings()(hidden[mask]).float(), self.config)  # [targets, V]
        return ModelOutput(loss=nn.functional.cross_entropy(logits, wanted[mask], reduction="sum"))

    model.forward = types.MethodType(forward, model)


class ExpertTrainer(SFTTrainer):  # type: ignore[misc]
    """Rows arrive tokenized and in their final order (`order_rows`)."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        score_targets_only(self.model.get_base_model())

    def create_model_card(self, *_given: Any, **_named: Any) -> None:
        """None: the manifest says what there is to say."""

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler[int]:
        return torch.utils.data.SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> torch.utils.data.DataLoader[Any]:
        """All of it for each of several processes: other batches than one process has would give another figure."""
        loader: torch.utils.data.DataLoader[Any]
        if self.accelerator.num_processes == 1:
            loader = super().get_eval_dataloader(eval_dataset)
        else:
            given = {"batch_size": self.args.eval_batch_size, "collate_fn": self.data_collator}
            loader = DataLoaderShard(self.eval_dataset, device=self.args.device, **given)
        return loader

    def evaluation_loop(self, *given: Any, **named: Any) -> Any:
        """As the parent's; where every process has all losses, none are gathered."""
        if self.accelerator.num_processes > 1:
            self.gather_function = self._own_losses
        return super().evaluation_loop(*given, **named)

    def _own_losses(self, losses: torch.Tensor) -> torch.Tensor:
        """A batch's loss, once for each row: the last batch may hold fewer."""
        state = self.accelerator.gradient_state
        return losses[: state.remainder] if state.end_of_dataloader and state.remainder > 0 else losses

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Mean cross-entropy per target token; over all processes and accumulated batches when training."""
        if return_outputs:
            raise NotImplementedError("this trainer gives the loss alone, never the logits")
        loss: torch.Tensor = model(**inputs).loss
        targets: torch.Tensor | None = num_items_in_batch
        if targets is None:
            targets = (inputs["labels"][:, 1:] != IGNORED).sum()
        elif self.args.average_tokens_across_devices:  # counted over all processes, whose gradients are averaged
            loss = loss * self.accelerator.num_processes
        return loss / targets
