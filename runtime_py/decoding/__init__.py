"""Greedy decoding: the choice under a grammar, drafts, and sessions that keep what an engine has read."""

from runtime_py.decoding.choice import choose
from runtime_py.decoding.copying import copy_grammar
from runtime_py.decoding.grammar import ILLEGAL, Grammar, shortest_to_end
from runtime_py.decoding.session import EngineSession

__all__ = ["ILLEGAL", "EngineSession", "Grammar", "choose", "copy_grammar", "shortest_to_end"]
