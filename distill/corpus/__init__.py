"""Dialogues: the synthetic world with its oracle, the file format, and importers of real conversations. No torch."""

from distill.corpus.generate import generate_dialogues
from distill.corpus.import_chat import import_chat
from distill.corpus.words import SPLITS

__all__ = ["SPLITS", "generate_dialogues", "import_chat"]
