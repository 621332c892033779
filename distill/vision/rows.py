"""Dataset rows -> token ids around a picture's place, by the very prompt that the runtime uses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from distill.training.collate import collate as pad_rows
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
    """A sequence a picture: its beginning, its places from `start` on, then each question as a branch of its own.

    `ids`, `labels`, `positions` and `segments` (0 for what is shared, 1.. for the branches) are int64 `[B, T]`, padded
    at the right; `rows` are those with targets, in order.
    """

    ids: torch.Tensor
    labels: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor
    start: int
    pictures: tuple[str, ...]
    rows: tuple[PicturedRow, ...]


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


def by_picture(rows: Sequence[PicturedRow]) -> list[list[PicturedRow]]:
    """The rows of each picture, in order."""
    found: dict[str, list[PicturedRow]] = {}
    for row in rows:
        found.setdefault(row.picture, []).append(row)
    return list(found.values())


def answer_only(row: PicturedRow) -> PicturedRow:
    """The row without what follows the answer."""
    return replace(row, target=row.target[: row.answer_tokens])


def collate(groups: Sequence[Sequence[PicturedRow]], padding: int) -> Batch:
    """A group is the questions about one picture; all rows begin with the same tokens."""
    sequences = []
    for group in groups:
        shared = len(group[0].before) + IMAGE_TOKENS
        ids, labels = [*group[0].before, *[padding] * IMAGE_TOKENS], [IGNORED] * shared
        positions, segments = list(range(shared)), [0] * shared
        for branch, row in enumerate(group, start=1):
            own = len(row.after) + len(row.target)
            ids += [*row.after, *row.target]
            labels += [*[IGNORED] * len(row.after), *row.target]
            positions += range(shared, shared + own)
            segments += [branch] * own
        sequences.append({"input_ids": ids, "labels": labels, "position_ids": positions, "segments": segments})
    made = pad_rows(sequences, padding)
    return Batch(
        made["input_ids"], made["labels"], made["position_ids"], made["segments"], len(groups[0][0].before),
        tuple(group[0].picture for group in groups), tuple(row for group in groups for row in group),
    )  # fmt: skip
