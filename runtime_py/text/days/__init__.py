"""Relative dates: which day a text means by `last Friday`, noted behind the words."""

from runtime_py.text.days.annotate import Expression, annotate, expressions

__all__ = ["Expression", "annotate", "expressions"]
