"""Dataset rows -> token ids around a picture's place, by the very prompt that the runtime uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from distill.training.tokens import IGNORED
from distill.vision.projector import IMAGE_TOKENS
from runtime_py.errors import ConfigError
from runtime_py.files import Example
from runtime_py.operations import AnyOperation
from runtime_py.operations.chat import Chat
from runtime_py.operations.prompt import OperationPrompt
from runtime_py.parts import Embeddings, Tokens, to_parts


@dataclass(frozen=True)
class PicturedRow:
    """`before` and `after` are the prompt's tokens around the picture, `target` the answer's with the stop token.

    The first `answer_tokens` of the target hold the answer's word, up to the sign that ends it.
    """

    id: str
    kind: str
    picture: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    target: tuple[int, ...]
    answer_tokens: int

    @property
    def places(self) -> int:
        """How many places of a KV cache the row takes."""
        return len(self.before) + IMAGE_TOKENS + len(self.after) + len(self.target)


@dataclass(frozen=True)
class Batch:
    """`ids` and `labels` int64 `[B, T]`, padded at the right; the picture's places begin at `start` in every row."""

    ids: torch.Tensor
    labels: torch.Tensor
    start: int
    pictures: tuple[str, ...]


def encode_rows(rows: Sequence[Example], operation: AnyOperation, chat: Chat) -> list[PicturedRow]:
    """Rows with their targets, in order.

    Raises:
        ConfigError: an operation that reads no picture, or a row that leaves the context no room.
    """
    if operation.picture is None:
        raise ConfigError(f"no pictures: expected an operation that reads them, got {operation.name!r}")
    entry = OperationPrompt.build(
        operation, chat.prompt(operation), chat.tokenizer, chat.stop_tokens, chat.context_tokens
    )
    blank = Embeddings(np.zeros((IMAGE_TOKENS, 1), np.float32))
    made = []
    for row in rows:
        given = operation.read_input(row.input)
        parts = to_parts(entry.encode(chat.tokenizer, *operation.pieces(given, lambda _name: blank)))
        before, after = (part.ids for part in parts if isinstance(part, Tokens))
        target = (*chat.tokenizer.encode(row.target), chat.turn_end)
        made.append(
            PicturedRow(
                row.id, row.kind, operation.picture(given), before, after, target, _answer_tokens(row, target, chat)
            )
        )
    return made


def _answer_tokens(row: Example, target: Sequence[int], chat: Chat) -> int:
    """How many tokens of the target hold its first value: what comes before the first comma outside of it."""
    first = row.target[: row.target.index(",")]
    return next(n for n in range(1, len(target) + 1) if chat.tokenizer.decode(list(target[:n])).startswith(first))


def collate(rows: Sequence[PicturedRow], padding: int) -> Batch:
    """Rows of one operation, which all begin with the same tokens."""
    longest = max(row.places for row in rows)
    ids, labels = [], []
    for row in rows:
        prompt = [*row.before, *[padding] * IMAGE_TOKENS, *row.after]
        pads = longest - row.places
        ids.append([*prompt, *row.target, *[padding] * pads])
        labels.append([*[IGNORED] * len(prompt), *row.target, *[IGNORED] * pads])
    return Batch(torch.tensor(ids), torch.tensor(labels), len(rows[0].before), tuple(row.picture for row in rows))
