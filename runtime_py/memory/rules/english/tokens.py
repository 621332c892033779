"""The words of a text with what stands between them; quotations, links and mail addresses are one token."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runtime_py.memory.rules.english.words import BASES, PASTS, THIRDS, words

_SHUT = (
    r'"[^"\n]*"|\u201c[^\u201c\u201d\n]*\u201d|\u00ab[^\u00ab\u00bb\n]*\u00bb|`[^`\n]*`|'
    r"\u2018[^\u2018\n]*?\u2019(?![^\W_])|(?:https?://|www\.)[^\s]+|(?<![^\s])[^\s@\"]+@[^\s]+"
)
_TOKEN = re.compile(rf"(?P<shut>{_SHUT})|[^\W_]+(?:['\u2019][^\W_]+)*", re.IGNORECASE)
_END = re.compile(r"(?:[.!?\u2026][\"')\]}*_\u201d\u2019\u00bb]*[\s]|\n|[\u3002\uff01\uff1f])")
_SHORT = words("short_forms")
"""Short forms whose full stop ends no sentence (`m` of `p.m.`, `g` of `e.g.`)."""
_ADVERBS = words("adverbs")
_VERBS = BASES | PASTS | THIRDS | words("modals") | words("auxiliaries")
_NO_VERB_AFTER = _ADVERBS - {"both", "all", "so", "very", "well"}


@dataclass
class Token:
    """A word: what stands before it, itself, itself in small letters, and what is written for it."""

    before: str
    text: str
    low: str
    out: str
    is_shut: bool
    is_first: bool


@dataclass(frozen=True)
class Sentence:
    """The tokens of a sentence and what follows its last one."""

    parts: list[Token]
    tail: str

    def low(self, place: int) -> str:
        """The word at a place in small letters; empty outside and for a quotation."""
        inside = 0 <= place < len(self.parts) and not self.parts[place].is_shut
        return self.parts[place].low if inside else ""

    def after(self, place: int) -> str:
        """The next word in small letters, with at most a comma between; empty where there is none."""
        return self.low(place + 1) if self.gap(place) in (" ", ", ") else ""

    def gap(self, place: int) -> str:
        """What stands between a token and the next."""
        return self.parts[place + 1].before if place + 1 < len(self.parts) else self.tail

    def past_adverbs(self, place: int) -> int:
        """The first place from `place` on that holds no adverb."""
        while True:
            low = self.low(place)
            if low == "no" and self.low(place + 1) == "longer":
                place += 2
            elif low in _ADVERBS or (low.endswith("ly") and low not in BASES):
                place += 1
            else:
                return place


def tokens(text: str) -> tuple[list[Token], str]:
    """The tokens of `text`, and what follows the last."""
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        before, word = text[end : match.start()], match[0]
        is_first = not found or (bool(_END.search(before)) and not (before[:1] == "." and found[-1].low in _SHORT))
        low = word.lower().replace("\u2019", "'")
        found.append(Token(before, word, low, word, match["shut"] is not None, is_first))
        end = match.end()
    return found, text[end:]


def token_sentences(parts: list[Token], tail: str) -> Iterator[Sentence]:
    """The sentences that tokens make up; they share the tokens."""
    start = 0
    for place in range(1, len(parts) + 1):
        if place == len(parts) or parts[place].is_first:
            yield Sentence(parts[start:place], parts[place].before if place < len(parts) else tail)
            start = place


def is_verb(low: str) -> bool:
    """Whether a word in small letters is a form of a verb of the table, an auxiliary, or an adverb before one."""
    return low in _VERBS or low in _NO_VERB_AFTER
