"""Dialogues: what people said over sessions, with questions about it; the file format, and LoCoMo's files."""

from runtime_py.dialogues.dialogue import (
    CATEGORIES,
    KINDS,
    Dialogue,
    OracleEvent,
    Question,
    Session,
    Turn,
    from_json,
    read_dialogues,
    to_json,
    write_dialogues,
)
from runtime_py.dialogues.locomo import read_locomo

__all__ = [
    "CATEGORIES",
    "KINDS",
    "Dialogue",
    "OracleEvent",
    "Question",
    "Session",
    "Turn",
    "from_json",
    "read_dialogues",
    "read_locomo",
    "to_json",
    "write_dialogues",
]
