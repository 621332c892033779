"""Everyday dialogues of many kinds of fact, made by rules from wordings that were written for each kind."""

from distill.corpus.broad.story import broad_dialogues

__all__ = ["broad_dialogues"]
