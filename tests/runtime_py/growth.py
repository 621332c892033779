"""Whether the time that something takes grows with a text or with its square, however busy the machine is.

What else runs only adds time: the shortest of several runs is the nearest to the truth, and what looks like a square is
measured again. A square stays one in every try, a disturbance does not.
"""

import time
from collections.abc import Callable

TIMES = 16
"""How much longer the long text is: its time is as much longer, or `TIMES` squared for a square."""
_LIMIT = 4 * TIMES
_TRIES = 8
_LEAST = 0.0005  # seconds below which a time says nothing


def is_linear(work: Callable[[str], object], part: str, repeats: int = 250) -> bool:
    """Whether `TIMES` the text takes less than `4 * TIMES` the time, in one of some tries."""
    short = long = float("inf")
    for _ in range(_TRIES):
        short = min(short, *(_seconds(work, part * repeats) for _ in range(3)))
        long = min(long, _seconds(work, part * repeats * TIMES))
        if long < _LIMIT * max(short, _LEAST):
            return True
    return False


def _seconds(work: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    work(text)
    return time.process_time() - start
