"""Which rows a run sees, in which order: decided once from the seed, so that a resumed run goes on where it was."""

import random
from collections.abc import Iterator, Sequence

WINDOW_BATCHES = 50


def order_rows(lengths: Sequence[int], batch_size: int, steps: int, seed: int) -> list[int]:
    """`steps * batch_size` row numbers whose consecutive batches hold rows of like length.

    Rows come in one shuffled pass after another. Each window of `WINDOW_BATCHES` batches is sorted by length, cut into
    batches, and the batches shuffled: little padding, and no drift from short to long.
    """
    rng = random.Random(seed)
    stream = _passes(len(lengths), rng)
    rows: list[int] = []
    while (left := steps - len(rows) // batch_size) > 0:
        window = [next(stream) for _ in range(batch_size * min(left, WINDOW_BATCHES))]
        window.sort(key=lambda row: lengths[row])
        batches = [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
        rng.shuffle(batches)
        rows += [row for batch in batches for row in batch]
    return rows


def _passes(count: int, rng: random.Random) -> Iterator[int]:
    while True:
        order = list(range(count))
        rng.shuffle(order)
        yield from order
