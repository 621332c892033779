"""The memory itself: remember an exchange and its photos, search, answer."""

from runtime_py.memory.events import Applied
from runtime_py.memory.ingest import TURNS_PER_EXCHANGE, Session, exchanges, ingest, to_sessions
from runtime_py.memory.labels import NO_FILTERS, Filters, read_labels
from runtime_py.memory.memory import MEMORIES_PER_QUESTION, Memory
from runtime_py.memory.messages import whole_text
from runtime_py.memory.outcome import (
    Answer,
    Empty,
    Failed,
    Outcome,
    Recalled,
    RecalledPhoto,
    RecalledTurn,
    Stored,
    memory_to_json,
    photo_to_json,
)
from runtime_py.memory.photos import Encoder, Image, Sight
from runtime_py.memory.reading import Reads, may_answer, says_too
from runtime_py.memory.remember import decide_events
from runtime_py.memory.selection import find_facts
from runtime_py.memory.shared import SharedEmbedder, SharedGenerator
from runtime_py.memory.stream import AnswerStream

__all__ = [
    "MEMORIES_PER_QUESTION",
    "NO_FILTERS",
    "TURNS_PER_EXCHANGE",
    "Answer",
    "AnswerStream",
    "Applied",
    "Empty",
    "Encoder",
    "Failed",
    "Filters",
    "Image",
    "Memory",
    "Outcome",
    "Reads",
    "Recalled",
    "RecalledPhoto",
    "RecalledTurn",
    "Session",
    "SharedEmbedder",
    "SharedGenerator",
    "Sight",
    "Stored",
    "decide_events",
    "exchanges",
    "find_facts",
    "ingest",
    "may_answer",
    "memory_to_json",
    "photo_to_json",
    "read_labels",
    "says_too",
    "to_sessions",
    "whole_text",
]
