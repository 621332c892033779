"""Keyword search: rows that hold words of a query, rare words first, the user's own rows alone.

A row's score is the sum over the query's words in it of n ** -1/4, n being how many rows of the user hold the word;
computed as 1 / sqrt(sqrt(n)), the same bits in every language, and added up rarest word first. It needs no statistics
beyond n, so other users change nothing, and it finds more than BM25 does (`docs/decisions.md`).

The time is bounded by rows, not by the size of the store: the rarest words lead to rows until these are `ROWS` (of a
word in more rows than that, the newest); the other words only add to the score of rows that were found. Words are
compared by FTS5 alone: it folds and stems those of a query as it did those of the rows (`store.words_form`), whose ids
`first_row` orders by user.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path

from runtime_py.store import Kind, Store, first_row, is_spaceless, last_row, letters_of, small, words_form

ROWS = 500
MOST_WORDS = 256  # of one query
_TABLE = json.loads((Path(__file__).parent / "tables" / "words.json").read_text("utf-8"))
FUNCTION_WORDS = frozenset(_TABLE["function_words"])
# What parts words in a query: these, and whatever else FTS5's tokenizer takes for no letter, digit or mark.
_SPACE = dict.fromkeys(letters_of(_TABLE["parting"]), " ")
_TABLES: dict[Kind, str] = {"memory": "memory_words", "past": "memory_words", "turn": "turn_words"}
_HELD = "SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid BETWEEN ? AND ?"
_COUNT = f"SELECT count(*) FROM ({_HELD} LIMIT ?)"
_NEWEST = f"SELECT group_concat(rowid) FROM ({_HELD} ORDER BY rowid DESC LIMIT ?)"  # one text: a row each costs more


def words_of(query: str) -> list[str]:
    """The words of `query` as FTS5 phrases, each once, at most `MOST_WORDS`; function words if it has no others.

    A run of letters of a script without spaces gives its pairs of neighbours, which is how words are found in it.
    """
    words: dict[str, str] = {}
    for word in _phrases(words_form(query).translate(_SPACE).split(" ")):
        words.setdefault(small(word), f'"{word}"')
        if len(words) == MOST_WORDS:
            break
    telling = [phrase for word, phrase in words.items() if word not in FUNCTION_WORDS]
    return telling or list(words.values())


def _phrases(parts: Sequence[str]) -> Iterator[str]:
    run: list[str] = []
    for part in [part for part in parts if part] + [""]:
        if part and is_spaceless(part[0]):
            run.append(part)
            continue
        yield from (f"{first} {second}" for first, second in pairwise(run))
        yield from run if len(run) == 1 else ()
        run = []
        yield from [part] if part else ()


@dataclass(frozen=True)
class WordScores:
    """Rows by what the query's words in them weigh, and what all words of the query weigh together."""

    rows: dict[int, float]
    total: float

    def best(self, limit: int) -> list[int]:
        """Ids of the rows that score highest, equal ones by id."""
        return sorted(self.rows, key=lambda row: (-self.rows[row], row))[:limit]

    def share(self, row: int) -> float:
        """Of what all words weigh, the part that stands in the row: 0 to 1."""
        return min(self.rows.get(row, 0.0) / self.total, 1.0) if self.total else 0.0


def score_by_words(store: Store, user: int, query: str, limit: int, kind: Kind) -> WordScores:
    """Scores of rows that hold words of `query` but function words; a word in no row weighs as one in a single row."""
    table, most = _TABLES[kind], max(ROWS, limit)
    first = first_row(user, kind == "past")
    last = last_row(user, kind == "past")

    def held(match: str, since: int) -> list[int]:
        text = store.rows(_NEWEST.format(table=table), match, since, last, most)[0][0]
        return [int(row) for row in text.split(",")] if text else []

    def count(match: str) -> int:
        """Rows that match, counted up to one more than `most`."""
        return int(store.rows(_COUNT.format(table=table), match, first, last, most + 1)[0][0])

    every = sorted(((count(word), word) for word in words_of(query)), key=lambda pair: pair[0])
    total = 0.0
    for n, _ in every:
        total += weight(n)
    counted = [(n, word) for n, word in every if n]
    rare = _rarest(counted, most)
    scores: defaultdict[int, float] = defaultdict(float)
    for n, word in counted[:rare]:
        for row in held(word, first):
            scores[row] += weight(n)
    found = " OR ".join(word for _, word in counted[:rare])
    for n, word in counted[rare:]:
        for row in held(f"{word} AND ({found})", min(scores)):
            if row in scores:
                scores[row] += weight(n)
    return WordScores({row - first: score for row, score in scores.items()}, total)


def weight(n: int) -> float:
    """What a word counts that `n` rows of the user hold."""
    return 1 / sqrt(sqrt(max(n, 1)))


def _rarest(counted: Sequence[tuple[int, str]], most: int) -> int:
    """How many of the words, rarest first, are in `most` rows together; one at least."""
    total = 0
    for place, (n, _) in enumerate(counted):
        total += n
        if total > most and place:
            return place
    return len(counted)
