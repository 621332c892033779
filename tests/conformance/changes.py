"""Texts cut and changed by chance, and the file that rows made of them are written to; the same for a seed anywhere."""

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_SHORTEST = 20  # letters of a cut text, of which there are more
_OFTEN_CUT = 0.1
Rows = list[dict[str, Any]]


def cut(text: str, dice: random.Random, longest: int) -> str:
    """A part of `text` where it has more than `longest` letters, and now and then where not."""
    if len(text) <= longest and dice.random() >= _OFTEN_CUT:
        return text
    begin = dice.randrange(max(1, len(text) - 2 * _SHORTEST))
    return text[begin : begin + dice.randrange(_SHORTEST, longest)]


def changed(text: str, dice: random.Random, odd: Sequence[str], known: Sequence[str]) -> str:
    """One change: odd letters put in, letters lost, capitals, another blank or apostrophe, a known word put in."""
    place = dice.randrange(len(text) + 1)
    end = min(len(text), place + dice.randrange(1, 8))
    parts = text.split(" ")
    word = dice.randrange(len(parts))
    match dice.randrange(9):
        case 0:
            return text[:place] + dice.choice(odd) + text[place:]
        case 1:
            return text[:place] + text[end:]
        case 2:
            return text[:place] + text[place:end].swapcase() + text[end:]
        case 3:
            blank = dice.choice("\t\u00a0\n\u2009")
            return text.replace("'", "\u2019") if dice.random() < 0.5 else text.replace(" ", blank, 2)
        case 4:
            parts[word] = dice.choice(odd)
        case 5:
            parts[word] = dice.choice(known).capitalize()
        case _:
            parts[word : word + dice.randrange(2)] = [dice.choice(known)]
    return " ".join(parts)


def main(rows: Callable[[int, int], Rows]) -> None:
    """The command line of a maker: `SEED COUNT FILE`."""
    made = rows(int(sys.argv[1]), int(sys.argv[2]))
    Path(sys.argv[3]).write_text("[\n" + ",\n".join(json.dumps(row) for row in made) + "\n]\n", "utf-8")
