"""The words of a text with what stands between them; quotations, links and mail addresses are one token."""

import re
from dataclasses import dataclass

from runtime_py.memory.rules.words import BASES, PASTS, THIRDS, words

_SHUT = (
    r'"[^"\n]*"|\u201c[^\u201c\u201d\n]*\u201d|\u00ab[^\u00ab\u00bb\n]*\u00bb|`[^`\n]*`|'
    r"\u2018[^\u2018\n]*?\u2019(?![^\W_])|(?:https?://|www\.)[^\s]+|(?<![^\s])[^\s@\"]+@[^\s]+"
)
_TOKEN = re.compile(rf"(?P<shut>{_SHUT})|[^\W_]+(?:['\u2019][^\W_]+)*", re.IGNORECASE)
_END = re.compile(r"(?:[.!?\u2026][\"')\]}*_\u201d\u2019\u00bb]*[\s]|\n|[\u3002\uff01\uff1f])")
_SHORT = words("short_forms")
"""Short forms whose full stop ends no sentence (`m` of `p.m.`, `g` of `e.g.`)."""
_VERBS = BASES | PASTS | THIRDS | words("modals") | words("adverbs") - {"both", "all", "so", "very", "well"}
_FORMS = words("auxiliaries")


@dataclass
class Token:
    """A word: what stands before it, itself, itself in small letters, and what is written for it."""

    before: str
    text: str
    low: str
    out: str
    is_shut: bool
    is_first: bool


def tokens(text: str) -> tuple[list[Token], str]:
    """The tokens of `text`, and what follows the last."""
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        before, word = text[end : match.start()], match[0]
        first = not found or (bool(_END.search(before)) and not (before[:1] == "." and found[-1].low in _SHORT))
        low = word.lower().replace("\u2019", "'")
        found.append(Token(before, word, low, word, match["shut"] is not None, first))
        end = match.end()
    return found, text[end:]


def is_verb(low: str) -> bool:
    """Whether a word in small letters is a form of a verb of the table, an auxiliary, or an adverb before one."""
    return low in _VERBS or low in _FORMS
