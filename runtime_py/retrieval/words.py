"""Keyword search: rows that hold words of a query, rare words first, the user's own rows alone.

A row's score is the sum over the query's words in it of n ** -1/4, n being how many rows of the user hold the word.
It needs no statistics beyond n, so other users change nothing, and it finds more than BM25 does (`docs/decisions.md`).

The time is bounded by rows, not by the size of the store: the rarest words lead to rows until these are `ROWS` (of a
word in more rows than that, the newest); the other words only add to the score of rows that were found. Both kinds
stem and fold as FTS5's table does, whose row ids `first_row` orders by user.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from runtime_py.store import Kind, Store, first_row

ROWS = 500
_WORD = re.compile(r"\w+")
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are at be been by did do does for from had has have how in is it its of on or s that the this to was "
        "were what when where which who whom whose why will with",
    )
)
_HELD = "SELECT rowid FROM {kind}_words WHERE {kind}_words MATCH ? AND rowid BETWEEN ? AND ?"
_COUNT = f"SELECT count(*) FROM ({_HELD} LIMIT ?)"
_NEWEST = f"SELECT group_concat(rowid) FROM ({_HELD} ORDER BY rowid DESC LIMIT ?)"  # one text: a row each costs more


def rank_by_words(store: Store, user: int, query: str, limit: int, kind: Kind) -> list[int]:
    """Ids of the rows that hold words of `query` but function words, highest score first, equal ones by id."""
    words = dict.fromkeys(_WORD.findall(query.casefold()))
    telling = [word for word in words if word not in FUNCTION_WORDS] or list(words)
    most, first, last = max(ROWS, limit), first_row(user), first_row(user + 1) - 1

    def held(match: str, since: int) -> list[int]:
        text = store.rows(_NEWEST.format(kind=kind), match, since, last, most)[0][0]
        return [int(row) for row in text.split(",")] if text else []

    counted = [(_count(store, kind, f'"{word}"', first, last, most), f'"{word}"') for word in telling]
    counted = sorted(((n, word) for n, word in counted if n), key=lambda pair: pair[0])
    rare = _rarest(counted, most)
    scores: defaultdict[int, float] = defaultdict(float)
    for n, word in counted[:rare]:
        for row in held(word, first):
            scores[row] += n**-0.25
    found = " OR ".join(word for _, word in counted[:rare])
    for n, word in counted[rare:]:
        for row in held(f"{word} AND ({found})", min(scores)):
            if row in scores:
                scores[row] += n**-0.25
    ranked = sorted(scores, key=lambda row: (-scores[row], row))[:limit]
    return [row - first for row in ranked]


def _count(store: Store, kind: Kind, match: str, first: int, last: int, most: int) -> int:
    """Rows that match, counted up to one more than `most`."""
    return int(store.rows(_COUNT.format(kind=kind), match, first, last, most + 1)[0][0])


def _rarest(counted: Sequence[tuple[int, str]], most: int) -> int:
    """How many of the words, rarest first, are in `most` rows together; one at least."""
    total = 0
    for place, (n, _) in enumerate(counted):
        total += n
        if total > most and place:
            return place
    return len(counted)
