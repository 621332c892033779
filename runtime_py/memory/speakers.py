"""Whose memories may answer a question: not those that are only about a speaker it does not ask about."""

import re
from collections.abc import Collection

from runtime_py.store import compose


def named(text: str, speakers: Collection[str]) -> frozenset[str]:
    """The speakers whose whole name stands in `text` as a word, in any case and either spelling of its letters."""
    text = compose(text)
    return frozenset(
        speaker
        for speaker in speakers
        if speaker.strip() and re.search(rf"(?<!\w){re.escape(compose(speaker).strip())}(?!\w)", text, re.IGNORECASE)
    )


def may_answer(memory: str, question: str, speakers: Collection[str]) -> bool:
    """False for a memory that names speakers, where the question names others and none of them.

    Most wrong answers of a small model are the same fact about the other person (`docs/decisions.md`). Every memory
    may answer a question that names no speaker.
    """
    asked, told = named(question, speakers), named(memory, speakers)
    return not asked or not told or bool(asked & told)
