"""What training reads: rows in order, tokens and losses, the base's weights."""

from pathlib import Path

import pytest

from distill.training.order import order_rows
from distill.training.tokens import IGNORED, encode_rows
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.operations.prompt import Prompt
from runtime_py.text.tokenizer import Tokenizer


def test_batches_hold_like_lengths_and_every_row_comes_equally_often() -> None:
    lengths = [10 + 7 * i % 90 for i in range(40)]
    rows = order_rows(lengths, 4, 30, seed=1)
    assert len(rows) == 120
    assert {rows.count(i) for i in range(40)} == {3}
    assert rows == order_rows(lengths, 4, 30, seed=1)
    assert rows != order_rows(lengths, 4, 30, seed=2)
    padding = sum(max(b) * 4 - sum(b) for b in _batches(lengths, rows))
    shuffled = sum(max(b) * 4 - sum(b) for b in _batches(lengths, [7 * i % 40 for i in range(120)]))
    assert padding < shuffled / 3
    assert order_rows([5, 6], 4, 3, seed=0).count(0) == 6, "fewer rows than a batch"


def _batches(lengths: list[int], rows: list[int]) -> list[list[int]]:
    return [[lengths[i] for i in rows[at : at + 4]] for at in range(0, len(rows), 4)]


def test_tokens_are_those_of_the_runtime(base: Path, datasets: Path) -> None:
    from distill.training.model import open_chat

    operation = operations.get("extract")
    text = open_chat(base / "hf")
    tokenizer = Tokenizer.from_file(base / "hf" / "tokenizer.json")
    rows = read_examples(datasets / "extract" / "train.jsonl")
    encoded = encode_rows(rows, operation, text.prompt(operation), tokenizer, text.turn_end, text.context_tokens)
    row, tokens = rows[4], encoded.rows[4]
    assert text.turn_end == tokenizer.id_of("<|im_end|>")
    prompt = Prompt.from_chat_template(operation, lambda messages: _chatml(messages) + "<|im_start|>assistant\n")
    written = operation.render(operation.read_input(row.input))
    assert list(tokens.input_ids[: tokens.prompt_tokens]) == prompt.encode(tokenizer, written)
    assert list(tokens.input_ids[tokens.prompt_tokens :]) == [*tokenizer.encode(row.target), text.turn_end]
    assert tokens.labels == [IGNORED] * tokens.prompt_tokens + list(tokens.input_ids[tokens.prompt_tokens :])


def _chatml(messages: list[dict[str, str]]) -> str:
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def test_loss_is_that_of_the_whole_model(base: Path, datasets: Path) -> None:
    """Our head on target positions, without an attention mask, against the model's own masked loss."""
    import torch

    from distill.training.model import load_base, open_chat
    from distill.training.trainer import score_targets_only

    operation, text = operations.get("extract"), open_chat(base / "hf")
    rows = read_examples(datasets / "extract" / "train.jsonl")[:5]
    encoded = encode_rows(rows, operation, text.prompt(operation), text.tokenizer, text.turn_end, 1000).rows
    longest = max(len(row.input_ids) for row in encoded)
    ids = torch.tensor([[*row.input_ids, *[0] * (longest - len(row.input_ids))] for row in encoded])
    labels = torch.tensor([[*row.labels, *[IGNORED] * (longest - len(row.labels))] for row in encoded])
    mask = torch.tensor([[int(i < len(row.input_ids)) for i in range(longest)] for row in encoded])
    model = load_base(base, "int4")
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        score_targets_only(model)
        alone = {"position_ids": torch.arange(longest).expand(5, longest), "segments": torch.zeros_like(ids)}
        got = model(input_ids=ids, labels=labels, **alone).loss / (labels != IGNORED).sum()
    assert torch.allclose(got, expected, rtol=1e-5)


def test_packed_rows_have_the_losses_that_each_has_alone(base: Path) -> None:
    import torch

    from distill.training.collate import collate
    from distill.training.model import load_base
    from distill.training.packing import PackedRow, alone, pack
    from distill.training.trainer import score_targets_only
    from tests.distill.training.test_packing import ROWS as PACKED_ROWS

    model = load_base(base, "int4")
    score_targets_only(model)

    def loss(rows: "list[PackedRow]") -> float:
        with torch.no_grad():
            return float(model(**collate([vars(row) for row in rows], padding=0)).loss)

    separate = sum(loss([alone(row)]) for row in PACKED_ROWS)
    assert loss(pack(PACKED_ROWS, 100)) == pytest.approx(separate, rel=1e-5)
    assert loss([alone(row) for row in PACKED_ROWS]) == pytest.approx(separate, rel=1e-5)


def test_base_holds_the_dequantized_weights(base: Path, checkpoint: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from distill.training.model import load_base
    from runtime_py.weights.base import QuantizedBase

    model, stored = load_base(base, "int4"), QuantizedBase.open(base)
    state = model.state_dict()
    assert all(torch.equal(state[name], torch.from_numpy(stored.tensor(name).copy())) for name in stored.names())
    assert model.lm_head.weight is model.model.embed_tokens.weight
    original = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).state_dict()
    name = "model.layers.0.mlp.up_proj.weight"
    assert 0 < (state[name] - original[name]).norm() / original[name].norm() < 0.15
    kept = load_base(base, "bf16", checkpoint).state_dict()[name]
    assert torch.equal(kept, original[name].bfloat16().float())
    with pytest.raises(ConfigError, match="expected the checkpoint"):
        load_base(base, "bf16")
