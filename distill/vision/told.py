"""What an image token tells: facts with a closed list of words each, by the query that tells them."""

from dataclasses import dataclass

from distill.corpus.scenes.colours import COLOURS
from distill.corpus.scenes.kinds import SIGNS
from distill.corpus.scenes.layouts import REGIONS
from distill.corpus.scenes.pictograms import CATEGORIES

CATEGORY_WORDS = tuple(CATEGORIES)
KINDS = (*CATEGORY_WORDS, "drawn", "sign")
SIGN_WORDS = tuple(SIGNS)
MOST = 12
NUMBERS = tuple(str(number) for number in range(MOST + 1))
PLACES = (*REGIONS, "elsewhere")
_NAMED = len(CATEGORY_WORDS)
QUERIES = (*CATEGORY_WORDS, "odd", "largest", "body", "part", "sign", "total")


@dataclass(frozen=True)
class Fact:
    """The queries from `first` to before `end` tell one of `words` each."""

    first: int
    end: int
    words: tuple[str, ...]


FACTS = {
    "count": Fact(0, _NAMED, NUMBERS),
    "place": Fact(0, _NAMED, PLACES),
    "odd": Fact(_NAMED, _NAMED + 1, CATEGORY_WORDS),
    "largest": Fact(_NAMED + 1, _NAMED + 2, CATEGORY_WORDS),
    "body": Fact(_NAMED + 2, _NAMED + 3, (*COLOURS, "none")),
    "part": Fact(_NAMED + 3, _NAMED + 4, (*COLOURS, "none")),
    "sign": Fact(_NAMED + 4, _NAMED + 5, (*SIGN_WORDS, "none")),
    "total": Fact(_NAMED + 5, _NAMED + 6, NUMBERS),
}
