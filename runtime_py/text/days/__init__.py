"""Days that words name: relative ones, noted behind the words, and written ones, read."""

from runtime_py.text.days.annotate import Expression, annotate, expressions
from runtime_py.text.days.written import parse_day, parse_moment

__all__ = ["Expression", "annotate", "expressions", "parse_day", "parse_moment"]
