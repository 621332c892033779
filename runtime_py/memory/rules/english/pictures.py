"""Whether a question is about a picture, and what of it is to be seen.

It is where it names one as a place (`in the picture`, `on this photo of the park`) or asks what one shows, unless it
asks what no picture shows: who, when, why, a name, a price. A question that names none may still ask for what is to be
seen (a colour, how many, what is written, which side, which is larger); what a text tells already is not looked for.
"""

import re
from collections.abc import Mapping
from typing import Any

from runtime_py.memory.rules.english.words import table

_TABLE: Mapping[str, Any] = table("pictures")

PICTURE_WORDS = frozenset(_TABLE["plain"].split())
"""Words that do not say which picture is meant."""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NAMED = _compiled(f"{_TABLE['in']}{_TABLE['picture']}|{_TABLE['shows']}")
_KNOWN = _compiled(_TABLE["known"])
_KINDS = {kind: _compiled(pattern) for kind, pattern in _TABLE["kinds"].items()}
_TOLD = {kind: _compiled(pattern) for kind, pattern in _TABLE["told"].items()}


def names_a_picture(question: str) -> bool:
    """Whether a question asks for what is in a picture that it names; `Who took the photo?` does not."""
    text = " ".join(question.split())
    return bool(_NAMED.search(text)) and (bool(what_is_seen(text)) or not _KNOWN.search(text))


def what_is_seen(question: str) -> str:
    """What a question asks for that is to be seen, empty for nothing.

    Else `colour`, `count`, `text`, `place`, `size`, `odd` or `scene`.
    """
    text = " ".join(question.split())
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(text)), "")


def tells_what_is_seen(text: str, kind: str) -> bool:
    """Whether a text may tell what a question of this kind asks for: it names a colour, a number, what is written."""
    return kind in _TOLD and bool(_TOLD[kind].search(text))
