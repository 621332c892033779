"""What the memory decides by rules and not by a model; each rule has a table in `tests/conformance`."""

from runtime_py.memory.rules.acts import Line, read_line
from runtime_py.memory.rules.names import named
from runtime_py.memory.rules.relations import compare
from runtime_py.memory.rules.trust import own_words, source_of

__all__ = ["Line", "compare", "named", "own_words", "read_line", "source_of"]
