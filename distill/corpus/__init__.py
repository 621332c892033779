"""Dialogues: the synthetic world with its oracle, the file format, and importers of real conversations. No torch."""

from distill.corpus.dialogue import Dialogue, OracleEvent, Question, Session, Turn, read_dialogues, write_dialogues
from distill.corpus.generate import generate_dialogues
from distill.corpus.import_chat import import_chat
from distill.corpus.import_locomo import import_locomo
from distill.corpus.words import SPLITS

__all__ = [
    "SPLITS",
    "Dialogue",
    "OracleEvent",
    "Question",
    "Session",
    "Turn",
    "generate_dialogues",
    "import_chat",
    "import_locomo",
    "read_dialogues",
    "write_dialogues",
]
