"""Rows that share a beginning in one sequence: the beginning is computed once, and no row sees another.

    shared s0 s1 s2 | branch a: a0 a1 | branch b: b0 b1 b2
    position  0  1  2            3  4              3  4  5

A token attends to the shared beginning and to its own branch, so that every row has the very logits that it has alone.
Questions about one context cost a fifth so (docs/decisions.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from distill.training.tokens import IGNORED, TokenRow

LEAST_SHARED = 0.5  # of the shorter row; below it a row begins a sequence of its own


@dataclass(frozen=True)
class PackedRow:
    """Rows in one sequence of T tokens; `segments` 0 is the shared beginning, 1.. the branches."""

    ids: tuple[str, ...]
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    position_ids: tuple[int, ...]
    segments: tuple[int, ...]


def pack(rows: Sequence[TokenRow], most_tokens: int) -> list[PackedRow]:
    """Consecutive rows that begin alike, in sequences of at most `most_tokens` (a longer row stays alone)."""
    return [_join(group) for group in _groups(rows, most_tokens)]


def alone(row: TokenRow) -> PackedRow:
    """A row as a sequence of its own."""
    count = len(row.input_ids)
    return PackedRow((row.id,), row.input_ids, tuple(row.labels), tuple(range(count)), (0,) * count)


def _groups(rows: Sequence[TokenRow], most_tokens: int) -> Iterator[list[TokenRow]]:
    group: list[TokenRow] = []
    shared = 0
    for row in rows:
        if group:
            common = min(shared, shared_tokens(group[0], row))
            size = common + sum(len(r.input_ids) - common for r in (*group, row))
            shortest = min(len(r.input_ids) for r in (*group, row))
            if common >= LEAST_SHARED * shortest and size <= most_tokens:
                group.append(row)
                shared = common
                continue
            yield group
        group, shared = [row], row.prompt_tokens
    if group:
        yield group


def shared_tokens(first: TokenRow, second: TokenRow) -> int:
    """Tokens that both prompts begin with; at least one prompt token of each stays outside."""
    most = min(first.prompt_tokens, second.prompt_tokens) - 1
    pairs = zip(first.input_ids[:most], second.input_ids[:most], strict=True)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), most)


def _join(group: Sequence[TokenRow]) -> PackedRow:
    if len(group) == 1:
        return alone(group[0])
    shared = min(shared_tokens(group[0], row) for row in group[1:])
    ids, labels = list(group[0].input_ids[:shared]), [IGNORED] * shared
    positions, segments = list(range(shared)), [0] * shared
    for branch, row in enumerate(group, start=1):
        own = row.input_ids[shared:]
        ids += own
        labels += row.labels[shared:]
        positions += range(shared, shared + len(own))
        segments += [branch] * len(own)
    return PackedRow(tuple(row.id for row in group), tuple(ids), tuple(labels), tuple(positions), tuple(segments))
