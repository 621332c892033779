"""English for the rules: words and their forms, sentences in tokens, numbers, times, and what of a text can be told."""

from runtime_py.memory.rules.english.pieces import Piece, pieces, plain_word, said_pieces
from runtime_py.memory.rules.english.stems import meanings, stem
from runtime_py.memory.rules.english.times import Clock, Date
from runtime_py.memory.rules.english.tokens import Sentence, Token, is_verb, token_sentences, tokens
from runtime_py.memory.rules.english.words import BASES, IRREGULAR, PASTS, STATES, THIRDS, table, third, words

__all__ = [
    "BASES",
    "IRREGULAR",
    "PASTS",
    "STATES",
    "THIRDS",
    "Clock",
    "Date",
    "Piece",
    "Sentence",
    "Token",
    "is_verb",
    "meanings",
    "pieces",
    "plain_word",
    "said_pieces",
    "stem",
    "table",
    "third",
    "token_sentences",
    "tokens",
    "words",
]
