"""Statements about the speaker so plain that they are kept whatever a model says: `I live in Ghent`.

Of the written dialogues' sentences that the patterns take, those of training hands, the writers marked .94 as facts.
"""

import re

from runtime_py.memory.rules.english import table

_PATTERNS = table("plain")
_OPENING = _PATTERNS["opening"]
_QUOTE = re.compile('["\u201c\u201d\u00ab\u00bb`]')
_PLAIN = tuple(re.compile(f"{_OPENING}{_PATTERNS[name]}", re.IGNORECASE) for name in _PATTERNS if name != "opening")


def is_plain_statement(sentence: str) -> bool:
    """Whether a sentence, as the speaker said it, tells of himself or of what is his; no question and no quotation."""
    text = sentence.strip()
    return not text.endswith("?") and not _QUOTE.search(text) and any(pattern.match(text) for pattern in _PLAIN)
