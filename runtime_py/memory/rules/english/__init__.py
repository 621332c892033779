"""English for the rules: words and their forms, sentences in tokens, numbers, times, what can be told, and be seen."""

from runtime_py.memory.rules.english.pictures import PICTURE_WORDS, names_a_picture, tells_what_is_seen, what_is_seen
from runtime_py.memory.rules.english.pieces import Piece, pieces, plain_word, said_pieces
from runtime_py.memory.rules.english.stems import meanings, stem
from runtime_py.memory.rules.english.times import Clock, Date
from runtime_py.memory.rules.english.tokens import Sentence, Token, is_verb, token_sentences, tokens
from runtime_py.memory.rules.english.words import BASES, IRREGULAR, PASTS, STATES, THIRDS, table, third, words

__all__ = [
    "BASES",
    "IRREGULAR",
    "PASTS",
    "PICTURE_WORDS",
    "STATES",
    "THIRDS",
    "Clock",
    "Date",
    "Piece",
    "Sentence",
    "Token",
    "is_verb",
    "meanings",
    "names_a_picture",
    "pieces",
    "plain_word",
    "said_pieces",
    "stem",
    "table",
    "tells_what_is_seen",
    "third",
    "token_sentences",
    "tokens",
    "what_is_seen",
    "words",
]
