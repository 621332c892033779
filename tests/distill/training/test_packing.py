"""Rows in one sequence: the same losses as alone, and no row sees another."""

from dataclasses import replace

import torch

from distill.training.collate import branch_mask, collate
from distill.training.packing import pack
from distill.training.tokens import IGNORED, TokenRow

SHARED = tuple(range(10, 40))


def _row(name: str, own: tuple[int, ...], target: tuple[int, ...]) -> TokenRow:
    return TokenRow(name, (*SHARED, *own, *target), len(SHARED) + len(own))


ROWS = [_row("a", (50, 51), (60, 61, 2)), _row("b", (52,), (62, 2)), _row("c", (50, 53, 54), (63, 2))]


def test_rows_of_one_beginning_share_it() -> None:
    (packed,) = pack(ROWS, 100)
    assert packed.ids == ("a", "b", "c")
    assert packed.input_ids == (*SHARED, 50, 51, 60, 61, 2, 52, 62, 2, 50, 53, 54, 63, 2)
    assert packed.segments == (0,) * 30 + (1,) * 5 + (2,) * 3 + (3,) * 5
    assert packed.position_ids[30:] == (30, 31, 32, 33, 34, 30, 31, 32, 30, 31, 32, 33, 34)
    assert [t for t in packed.labels if t != IGNORED] == [60, 61, 2, 62, 2, 63, 2]


def test_a_sequence_holds_no_more_than_asked_and_strangers_stay_apart() -> None:
    assert [row.ids for row in pack(ROWS, 38)] == [("a", "b"), ("c",)]
    stranger = replace(ROWS[1], id="x", input_ids=tuple(range(100, 133)))
    assert [row.ids for row in pack([ROWS[0], stranger, ROWS[2]], 100)] == [("a",), ("x",), ("c",)]
    assert pack([], 100) == []


def test_a_branch_sees_the_beginning_and_itself() -> None:
    batch = collate([vars(row) for row in pack(ROWS, 100)], padding=0)
    mask = branch_mask(batch["segments"])
    assert mask is not None
    seen = mask[0, 0]
    assert seen[36, :30].all()  # branch b, second token
    assert seen[36, 35:37].all()
    assert not seen[36, 30:35].any()
    assert not seen[36, 37:].any()
    assert branch_mask(torch.zeros(2, 5, dtype=torch.long)) is None
