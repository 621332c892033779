"""Statements about the speaker so plain that they are kept whatever a model says (`I live in Ghent`), and pieces that
say too little to be a memory by themselves (`A hundred and seventy-one.`).

Of the written dialogues' sentences that the patterns take, those of training hands, the writers marked .94 as facts.
"""

import re

from runtime_py.memory.rules.claims import without_notes
from runtime_py.memory.rules.english import BASES, PASTS, THIRDS, table, words
from runtime_py.memory.rules.relations import content_words

_PATTERNS = table("plain")
_OPENING = _PATTERNS["opening"]
_QUOTE = re.compile('["\u201c\u201d\u00ab\u00bb`]')
_PLAIN = tuple(re.compile(f"{_OPENING}{_PATTERNS[name]}", re.IGNORECASE) for name in _PATTERNS if name != "opening")

_ENOUGH = 6  # content words
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CONTRACTED = (
    "i'm i've i'd i'll we're we've we'll you're it's he's she's they're they've that's there's what's who's isn't "
    "aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't hasn't haven't hadn't"
)
_FINITE = (PASTS - words("same") - words("participles")) | THIRDS | words("modals") | words("auxiliaries")
_FINITE |= frozenset(_CONTRACTED.split())
_SUBJECTS = "i we you they people children kids parents men women both all also always never only and"
_PLURAL = frozenset(_SUBJECTS.split())
_LEANS = re.compile(
    r"(?:(?:and|but|so|well|oh|yes|yeah|no|nah|ok|okay|then|also|now|still),? )*"
    r"(?:he|she|it|they|that|this|these|those|there|his|her|hers|their|theirs|its|him|them)\b",
    re.IGNORECASE,
)


def is_plain_statement(sentence: str) -> bool:
    """Whether a sentence, as the speaker said it, tells of himself or of what is his; no question and no quotation."""
    text = sentence.strip()
    return not text.endswith("?") and not _QUOTE.search(text) and any(pattern.match(text) for pattern in _PLAIN)


def stands_alone(sentence: str) -> bool:
    """Whether a sentence says something without those before it.

    It has six content words, a noted date, or a verb whose subject does not lean on what was said (`She does.`).
    """
    said = without_notes(sentence).replace("\u2019", "'")
    if said != sentence.replace("\u2019", "'") or len(content_words(sentence)) >= _ENOUGH:
        return True
    return _has_verb([word.lower() for word in _WORD.findall(said)]) and not _LEANS.match(said)


def _has_verb(low: list[str]) -> bool:
    """A finite verb of the tables, or what looks like one behind a subject: `we live`, `Tom and Ana live`, `it expires
    today`."""
    for place in range(len(low)):
        word, before = low[place], low[max(0, place - 2) : place]
        if word in _FINITE or (word in BASES and (_PLURAL & set(before) or (before and before[-1].endswith("s")))):
            return True
        if before and place + 1 < len(low) and len(word) > 3 and word.endswith(("s", "ed")):
            return True
    return False
