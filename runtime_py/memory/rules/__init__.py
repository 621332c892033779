"""What the memory decides by rules and not by a model; each rule has a table in `tests/conformance`."""

from runtime_py.memory.rules.acts import Line, read_line
from runtime_py.memory.rules.changes import decide_changes
from runtime_py.memory.rules.claims import without_notes
from runtime_py.memory.rules.english import PICTURE_WORDS, names_a_picture, tells_what_is_seen, what_is_seen
from runtime_py.memory.rules.grounding import grounded_sentence, ungrounded
from runtime_py.memory.rules.names import named, told_of, told_of_self, without_names
from runtime_py.memory.rules.parts import remaining
from runtime_py.memory.rules.past import asks_of_the_past
from runtime_py.memory.rules.person import third_person
from runtime_py.memory.rules.plain import is_plain_statement, stands_alone
from runtime_py.memory.rules.relations import compare, content_words, is_grown, says, subject
from runtime_py.memory.rules.trust import (
    Said,
    fact_source,
    may_change,
    own_words,
    parts_said,
    raised_source,
    source_after,
    source_of,
)

__all__ = [
    "PICTURE_WORDS",
    "Line",
    "Said",
    "asks_of_the_past",
    "compare",
    "content_words",
    "decide_changes",
    "fact_source",
    "grounded_sentence",
    "is_grown",
    "is_plain_statement",
    "may_change",
    "named",
    "names_a_picture",
    "own_words",
    "parts_said",
    "raised_source",
    "read_line",
    "remaining",
    "says",
    "source_after",
    "source_of",
    "stands_alone",
    "subject",
    "tells_what_is_seen",
    "third_person",
    "told_of",
    "told_of_self",
    "ungrounded",
    "what_is_seen",
    "without_names",
    "without_notes",
]
