"""What of a memory of several sentences holds on when a statement ends or replaces one of them."""

import re
from collections.abc import Sequence

from runtime_py.memory.rules.relations import compare
from runtime_py.text.sentences import sentences

_LEANS = re.compile(
    r"(?:(?:and|but|so|then|also|now|today|sometimes|usually|every|on|in|at|by|for|from|with|since|until|after|before|when|"
    r"while|if)(?: [^ ]+){0,3} )?(?:he|she|they|it|that|this|these|those|there|his|her|their|its)\b",
    re.IGNORECASE,
)
"""A sentence that says little without the one before it: `She ..`, `On Mondays she ..`."""


def remaining(memory: str, fact: str) -> str | None:
    """The sentences of `memory` that `fact` neither ends nor replaces, empty where it takes all of them.

    None where it takes none: also for a memory of one sentence, which `compare` judges, and where the sentence that
    would go says of whom the next one is.
    """
    parts = sentences(memory)
    if len(parts) < 2:
        return None
    taken = [not _LEANS.match(part) and compare(part, fact) != "other" for part in parts]
    leans = [bool(_LEANS.match(part)) for part in parts[1:]] + [False]
    if not any(taken) or any(is_taken and is_needed for is_taken, is_needed in zip(taken, leans, strict=True)):
        return None
    return _without(memory, parts, taken)


def _without(memory: str, parts: Sequence[str], taken: Sequence[bool]) -> str:
    """The parts that are not taken, with what stands between two of them."""
    rest, end, is_next = "", 0, False
    for part, is_taken in zip(parts, taken, strict=True):
        start = memory.index(part, end)
        if not is_taken:
            rest += (memory[end:start] if is_next else " " if rest else "") + part
        end, is_next = start + len(part), not is_taken
    return rest
