"""Whose memories may answer a question: not those that are only about a speaker it does not ask about."""

from collections.abc import Collection

from runtime_py.memory.rules.names import named


def may_answer(memory: str, question: str, speakers: Collection[str]) -> bool:
    """False for a memory that names speakers, where the question names others and none of them.

    Most wrong answers of a small model are the same fact about the other person (`docs/decisions.md`). Every memory
    may answer a question that names no speaker.
    """
    asked, told = named(question, speakers), named(memory, speakers)
    return not asked or not told or bool(asked & told)
