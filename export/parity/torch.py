"""The first parity leg: Hugging Face eager on the dequantized base against the arbiter, values and greedy steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from export.machine.memory import give_back
from runtime_py.engines.engine import Logits
from runtime_py.parity import LEGS, Golden, LegResult, StepAgreement, compare
from runtime_py.parts import EmbeddedRow, Embeddings, Piece, to_parts, to_places

LEG = "torch_arbiter"
_IN_PLACE = 0  # the token under a row, whose embedding is not used
BATCH = 2  # more would take memory for the logits of larger vocabularies


class Source(Protocol):
    """Where an operation came from: its base folder, its PEFT folder, and the base before merging, if merged."""

    @property
    def base(self) -> Path: ...
    @property
    def adapter(self) -> Path: ...
    @property
    def unmerged(self) -> Path | None: ...


def prove_torch(sources: Mapping[str, Source], goldens: Mapping[str, Golden]) -> list[LegResult]:
    """Each operation's leg."""
    proved = []
    for name, source in sources.items():
        proved.append(torch_leg(name, goldens[name], *_models(source)))
        give_back()  # the models hold the base mapped
    return proved


def reference_logits(base: Path, prompts: Sequence[Sequence[Piece]]) -> Logits:
    """Float32 logits `[m, V]` of a base alone after each prompt."""
    from export.parity.reference import load_reference

    return prompt_logits(load_reference(base), prompts)


def _models(source: Source) -> tuple[Any, Any]:
    """Eager models on the dequantized base, with and without the adapter: one in memory where they can share it."""
    from export.parity.reference import load_reference

    if source.unmerged:
        return load_reference(source.base), load_reference(source.unmerged)
    from peft import PeftModel

    model = PeftModel.from_pretrained(load_reference(source.base), source.adapter).eval()
    return model, _WithoutAdapter(model)


class _WithoutAdapter:
    """A PEFT model as its base computes."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.get_input_embeddings = model.get_input_embeddings

    def __call__(self, **given: Any) -> Any:
        with self._model.disable_adapter():
            return self._model(**given)


def last_logits(model: Any, sequences: Sequence[Sequence[Piece]], counts: Sequence[int]) -> list[Logits]:
    """Float32 logits `[count, V]` of the last `count` tokens of each sequence.

    Sequences of a batch are filled up on the right, which no earlier token sees: the reference dequantizes its weights
    once a batch.
    """
    import torch

    places = [to_places(sequence) for sequence in sequences]
    found: list[Logits] = []
    for first in range(0, len(sequences), BATCH):
        rows, wanted = places[first : first + BATCH], counts[first : first + BATCH]
        spans = [range(len(row) - count, len(row)) for row, count in zip(rows, wanted, strict=True)]
        kept = sorted(set().union(*spans))
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor([_IN_PLACE if isinstance(x, EmbeddedRow) else x for x in row])
        with torch.no_grad():
            given = _fed(model, ids, sequences[first : first + BATCH])
            logits = model(**given, use_cache=False, logits_to_keep=torch.tensor(kept)).logits.float().numpy()
        found += [logits[place, np.searchsorted(kept, span)] for place, span in enumerate(spans)]
    return found


def _fed(model: Any, ids: Any, sequences: Sequence[Sequence[Piece]]) -> dict[str, Any]:
    """What a model is called with: ids, or their embeddings with the rows of the sequences' parts in their places."""
    import torch

    if not any(isinstance(part, Embeddings) for sequence in sequences for part in sequence):
        return {"input_ids": ids}
    embedded = model.get_input_embeddings()(ids)
    for place, sequence in enumerate(sequences):
        at = 0
        for part in to_parts(sequence):
            if isinstance(part, Embeddings):
                embedded[place, at : at + len(part.rows)] = torch.from_numpy(part.rows.copy())
            at += len(part.rows) if isinstance(part, Embeddings) else len(part.ids)
    return {"inputs_embeds": embedded}


def prompt_logits(model: Any, prompts: Sequence[Sequence[Piece]]) -> Logits:
    """Float32 logits `[m, V]` after each prompt."""
    return np.concatenate(last_logits(model, prompts, [1] * len(prompts)))


def torch_leg(operation: str, golden: Golden, with_adapter: Any, without_adapter: Any) -> LegResult:
    """Compare two eager models (float32, with and without the adapter) with the golden, at every step of every path."""
    agreement = StepAgreement()
    m = len(golden.logits_with)
    paths = [[*prompt, *tokens[:-1]] for prompt, tokens in zip(golden.prompts, golden.tokens, strict=True)]
    found = last_logits(with_adapter, paths, [len(tokens) for tokens in golden.tokens])
    for index, (tokens, logits) in enumerate(zip(golden.tokens, found, strict=True)):
        agreement.add(index, tokens, logits.argmax(-1).tolist(), golden.margins[index])
    actual = {
        "logits_with": np.stack([logits[0] for logits in found[:m]]),
        "logits_without": prompt_logits(without_adapter, golden.prompts[:m]),
    }
    expected = {"logits_with": golden.logits_with, "logits_without": golden.logits_without}
    effect = float(
        np.linalg.norm(actual["logits_with"] - actual["logits_without"]) / np.linalg.norm(actual["logits_without"])
    )
    return LegResult(operation, LEG, compare(expected, actual, LEGS[LEG].max_relative_error), agreement, effect)
