"""Whether a question asks how things were; one that asks how they are reads nothing that is known to have ended."""

import re

from runtime_py.memory.rules.english import table

_PAST = re.compile(rf"\b(?:{table('relations')['past_questions']})\b", re.IGNORECASE)


def asks_of_the_past(question: str) -> bool:
    """A word of the past is in it: `did`, `was`, `before`, `first`, `still`, `when`. In doubt yes."""
    return bool(_PAST.search(question))
