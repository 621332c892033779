"""Keep a token automaton to the tokenizer's own spelling where the text is structure, so that few tokens are choices.

A byte automaton over tokens lets `{"facts` be spelt in any cut: `{` `"` `facts`, `{"` `f` `acts`. A tokenizer writes it
in one, and a pair of neighbours that it would not write betrays every other. So in states with few legal tokens the
state remembers the token that led to it, and a token stays legal only when the tokenizer writes the two like this.
States with many legal tokens, inside strings, stay as they are: all that a tokenizer writes stays legal.
"""

from collections import deque

from runtime_py.text import Tokenizer

Transitions = dict[int, dict[int, int]]
FEW_TOKENS = 128


def keep_canonical(
    transitions: Transitions, start: int, accepting: set[int], tokenizer: Tokenizer
) -> tuple[Transitions, set[int]]:
    """The automaton with states split by their last token and other spellings removed; its start state is 0."""
    pairs = _Pairs(tokenizer)
    places: dict[tuple[int, int | None], int] = {(start, None): 0}
    queue = deque(places)
    split: Transitions = {}
    ends = set()
    while queue:
        state, last = queue.popleft()
        row = {}
        for token, following in transitions.get(state, {}).items():
            if last is not None and not pairs.canonical(last, token):
                continue
            is_structure = len(transitions.get(following, {})) <= FEW_TOKENS
            place = (following, token if is_structure else None)
            if place not in places:
                places[place] = len(places)
                queue.append(place)
            row[token] = places[place]
        split[places[(state, last)]] = row
        if state in accepting:
            ends.add(places[(state, last)])
    return split, ends


class _Pairs:
    """Whether the tokenizer writes two tokens next to each other; only ASCII is judged, the rest is let through."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[int, int], bool] = {}

    def canonical(self, first: int, second: int) -> bool:
        pair = (first, second)
        if pair not in self._known:
            text = (self._tokenizer.token_bytes(first) or b"") + (self._tokenizer.token_bytes(second) or b"")
            self._known[pair] = not text.isascii() or self._tokenizer.encode(text.decode()) == list(pair)
        return self._known[pair]
