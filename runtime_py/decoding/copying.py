"""Answers made of given words: an automaton over one tokenizer that no other word gets through.

A text of it is words with blanks between them, each perhaps with a mark behind it (`Anneke, Lotte.`). A word is spelled
as the tokenizer spells it at the beginning of a text or behind a blank; the tokens of all words form one tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from runtime_py.decoding.grammar import ILLEGAL, Grammar
from runtime_py.files.limits import MAX_GRAMMAR_CLASSES, MAX_GRAMMAR_STATES
from runtime_py.text import Tokenizer

MARKS = (",", ".", ";", ":", "!", "?", ")", "%")


@dataclass
class _Node:
    """A place in the tree: the tokens that may follow, and whether a word ends here."""

    following: dict[int, int] = field(default_factory=dict)
    is_end: bool = False


def copy_grammar(words: Iterable[str], tokenizer: Tokenizer) -> Grammar | None:
    """The automaton of texts made of `words`; None without one, and for a tokenizer that spells a word behind a blank
    otherwise than it reads it (one that writes blanks of its own), or for more words than an automaton holds.
    """
    if tokenizer.decode([*tokenizer.encode("a"), *tokenizer.encode(" b")]) != "a b":
        return None
    nodes = [_Node(), _Node(is_end=True)]  # the beginning; behind a mark
    for word in sorted({word for word in words if word and not word.isspace()}):
        for form in {word, word[:1].upper() + word[1:], word[:1].lower() + word[1:]}:
            _add(nodes, 0, tokenizer.encode(form))
        for form in {word, word[:1].lower() + word[1:]}:
            _add(nodes, 1, tokenizer.encode(f" {form}"))
    for node in nodes[2:]:
        if node.is_end:
            _add_marks(nodes, node, tokenizer)
    tokens = sorted({token for node in nodes for token in node.following})
    if not nodes[0].following or len(nodes) > MAX_GRAMMAR_STATES or len(tokens) >= MAX_GRAMMAR_CLASSES:
        return None
    return _tables(nodes, tokens, tokenizer)


def _add(nodes: list[_Node], root: int, tokens: list[int]) -> None:
    place = root
    for token in tokens:
        if token not in nodes[place].following:
            nodes.append(_Node())
            nodes[place].following[token] = len(nodes) - 1
        place = nodes[place].following[token]
    nodes[place].is_end = True


def _add_marks(nodes: list[_Node], node: _Node, tokenizer: Tokenizer) -> None:
    """A mark behind a whole word; a longer word that goes on with that mark may stop at it too."""
    for mark in _mark_tokens(tokenizer):
        if mark in node.following:
            nodes[node.following[mark]].is_end = True
        else:
            node.following[mark] = 1


@lru_cache(maxsize=8)
def _mark_tokens(tokenizer: Tokenizer) -> tuple[int, ...]:
    return tuple(tokens[0] for mark in MARKS if len(tokens := tokenizer.encode(mark)) == 1)


def _tables(nodes: list[_Node], tokens: list[int], tokenizer: Tokenizer) -> Grammar:
    """Behind each whole word the words that follow a blank, too; the start of those is node 1."""
    classes = np.zeros(tokenizer.vocab_size, np.uint16)
    classes[tokens] = np.arange(1, len(tokens) + 1, dtype=np.uint16)
    table = np.full((len(nodes), len(tokens) + 1), ILLEGAL, np.uint16)
    for place, node in enumerate(nodes):
        following = list(node.following.items())
        if following:
            table[place, classes[[token for token, _ in following]]] = [to for _, to in following]
    accepting = np.array([node.is_end for node in nodes])
    table[accepting] = np.where(table[accepting] == ILLEGAL, table[1], table[accepting])
    least = np.where(accepting, 0, len(nodes)).astype(np.int64)
    for place in range(len(nodes) - 1, -1, -1):  # what follows inside a word stands later in the list
        if not accepting[place]:
            least[place] = 1 + min((int(least[to]) for to in nodes[place].following.values()), default=len(nodes))
    return Grammar("0" * 64, 0, classes, table, accepting, np.minimum(least, ILLEGAL - 1).astype(np.uint16))
