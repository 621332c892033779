"""A training on pictures: what is fed is what the runtime feeds, the picture counts, a stopped run ends alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from distill.training.config import TrainingConfig
from distill.training.model import load_base, open_chat
from distill.training.tokens import IGNORED
from distill.vision.features import Features
from distill.vision.projector import IMAGE_TOKENS
from distill.vision.rows import PicturedRow, answer_only, by_picture, collate, encode_rows
from distill.vision.run import Run
from distill.vision.seeing import ANSWER_WEIGHT, Seeing, answer_weights, answers_right, kind_weights
from runtime_py.errors import ConfigError
from runtime_py.files import Example
from runtime_py.operations import get
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.parts import Embeddings, to_places

VQA = get("vqa")
CONFIG = TrainingConfig(
    rank=8, learning_rate=1e-2, batch_size=4, steps=20, epochs=1000, evaluate_every=5, dropout=0.1, beta2=0.98
)


@pytest.fixture(scope="module")
def encoded(base: Path, rows: list[Example]) -> list[PicturedRow]:
    return encode_rows(rows, VQA, open_chat(base / "hf"))


def seeing(base: Path, config: TrainingConfig = CONFIG) -> Seeing:
    return Seeing(load_base(base, "int4"), VQA, config)


def run(
    base: Path,
    encoded: Sequence[PicturedRow],
    features: Features,
    folder: Path,
    config: TrainingConfig = CONFIG,
    **given: Any,
) -> Run:
    split = {"train": list(encoded), "validation": list(encoded)}
    both = {"train": features, "validation": features}
    folder.mkdir(exist_ok=True)
    return Run(
        seeing(base, config), config, split, both, 0, folder, "vqa", **{"progress": lambda *_told: None, **given}
    )


def test_a_row_is_the_runtimes_prompt_and_the_target(
    base: Path, rows: list[Example], encoded: list[PicturedRow]
) -> None:
    chat = open_chat(base / "hf")
    entry = OperationPrompt.build(VQA, chat.prompt(VQA), chat.tokenizer, chat.stop_tokens, chat.context_tokens)
    picture = Embeddings(np.ones((IMAGE_TOKENS, 4), np.float32))
    for row, made in zip(rows, encoded, strict=True):
        given = VQA.read_input(row.input)
        fed = entry.encode(chat.tokenizer, *VQA.pieces(given, lambda _name: picture))
        assert to_places(fed) == to_places([*made.before, picture, *made.after])
        assert chat.tokenizer.decode(list(made.target[:-1])) == row.target
        answer = chat.tokenizer.decode(list(made.target[: made.answer_tokens]))
        assert answer.startswith(row.target.split(",")[0])
        assert "reason" not in answer


def test_only_the_target_has_a_loss(encoded: list[PicturedRow]) -> None:
    longer = replace(encoded[0], after=(*encoded[0].after, 5, 6))
    batch = collate([[encoded[0]], [longer]], padding=0)
    for place, row in enumerate((encoded[0], longer)):
        kept = batch.labels[place][batch.labels[place] != IGNORED]
        assert kept.tolist() == list(row.target)
        first = int((batch.labels[place] != IGNORED).nonzero()[0])
        assert first == len(row.before) + IMAGE_TOKENS + len(row.after)
    assert batch.ids.shape == batch.labels.shape


def test_questions_about_a_picture_share_it_and_do_not_see_each_other(
    base: Path, encoded: list[PicturedRow], features: Features
) -> None:
    first, second = (
        encoded[0],
        answer_only(replace(encoded[1], picture=encoded[0].picture, after=(*encoded[1].after, 5))),
    )
    model = seeing(base).eval()
    with torch.inference_mode():
        together, wanted = model(collate([[first, second]], 0), features)
        alone = [model(collate([[row]], 0), features)[0] for row in (first, second)]
    assert wanted.tolist() == [*first.target, *second.target]
    assert torch.allclose(together, torch.cat(alone), atol=1e-4)
    assert [len(group) for group in by_picture([first, encoded[2], second])] == [2, 1]
    first, second = replace(first, kind="count"), replace(second, kind="where")
    assert answer_weights([first, second], {"count": 1.0, "where": 0.5}).tolist() == [
        *[ANSWER_WEIGHT] * first.answer_tokens, *[1.0] * (len(first.target) - first.answer_tokens),
        *[ANSWER_WEIGHT / 2] * second.answer_tokens,
    ]  # fmt: skip
    assert kind_weights([first, first, first, second]) == {"count": 4 / 6, "where": 2.0}


def test_the_picture_is_seen(base: Path, encoded: list[PicturedRow], features: Features) -> None:
    model = seeing(base).eval()
    alike = [replace(row, target=encoded[0].target) for row in encoded[:2]]
    with torch.inference_mode():
        logits, wanted = model(collate([[row] for row in alike], 0), features)
        one, other = logits.split(len(alike[0].target))
        assert wanted.tolist() == [*encoded[0].target] * 2
        assert not torch.allclose(one, other)


def test_steps_change_adapter_and_projector_and_lower_the_loss(
    base: Path, encoded: list[PicturedRow], features: Features, tmp_path: Path
) -> None:
    done = run(base, encoded, features, tmp_path / "run")
    begun = _flat(done.best)
    done.train()
    losses = [entry.validation_loss for entry in done.log if entry.validation_loss is not None]
    assert len(losses) == CONFIG.steps // CONFIG.evaluate_every
    assert losses[-1] < losses[0]
    assert done.best_loss == min(losses)
    ended = _flat(done.best)
    for part in ("adapter.", "projector."):
        assert any(not torch.equal(value, begun[name]) for name, value in ended.items() if name.startswith(part))
    assert done.facts()["steps"] == CONFIG.steps
    assert {kind: asked for kind, (_, asked) in done.right.items()} == {"even": 6, "odd": 6}


def test_a_stopped_run_ends_with_the_weights_of_an_unbroken_one(
    base: Path, encoded: list[PicturedRow], features: Features, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=8, evaluate_every=2)
    whole = run(base, encoded, features, tmp_path / "whole", config)
    whole.train()

    def stop(_work: str, done: int, _total: int, _note: str = "") -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(base, encoded, features, tmp_path / "broken", config, progress=stop).train()
    again = run(base, encoded, features, tmp_path / "broken", config)
    again.train()
    assert again.log[-1] == whole.log[-1]
    assert _flat(again.best).keys() == _flat(whole.best).keys()
    assert all(torch.equal(value, _flat(whole.best)[name]) for name, value in _flat(again.best).items())


def _flat(state: Mapping[str, Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {f"{part}.{name}": value for part, held in state.items() for name, value in held.items()}


def test_an_answer_is_right_up_to_its_end(encoded: list[PicturedRow]) -> None:
    row = encoded[0]
    wanted = torch.tensor(row.target)
    for place, is_right in ((row.answer_tokens - 1, False), (row.answer_tokens, True)):
        logits = torch.nn.functional.one_hot(wanted, int(wanted.max()) + 2).float()
        logits[place] = 0
        logits[place, -1] = 1
        assert answers_right(logits, wanted, [row]) == [is_right]


def test_an_operation_on_text_has_no_pictures(base: Path, rows: list[Example]) -> None:
    with pytest.raises(ConfigError, match="no pictures: expected an operation that reads them, got 'update'"):
        encode_rows(rows, get("update"), open_chat(base / "hf"))
