"""The memory itself: remember an exchange, search, answer."""

from runtime_py.memory.events import Applied
from runtime_py.memory.ingest import Session, exchanges, ingest
from runtime_py.memory.memory import MEMORIES_PER_QUESTION, Memory
from runtime_py.memory.outcome import Empty, Failed, Outcome, Stored, memory_to_json
from runtime_py.memory.speakers import may_answer

__all__ = [
    "MEMORIES_PER_QUESTION",
    "Applied",
    "Empty",
    "Failed",
    "Memory",
    "Outcome",
    "Session",
    "Stored",
    "exchanges",
    "ingest",
    "may_answer",
    "memory_to_json",
]
