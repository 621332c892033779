"""Keep a token automaton to the tokenizer's own spelling where the text is structure, so that few tokens are choices.

A byte automaton over tokens lets `{"facts` be spelt in any cut: `{` `"` `facts`, `{"` `f` `acts`. A tokenizer writes it
in one, and a pair of neighbours that it would not write betrays every other. So in states with few legal tokens the
state remembers the token that led to it, and a token stays legal only when the tokenizer writes the two like this.
States with many legal tokens, inside strings, stay as they are: all that a tokenizer writes stays legal.
"""

from collections import deque

from export.grammar.spelling import Spelling

Transitions = dict[int, dict[int, int]]
FEW_TOKENS = 128


def keep_canonical(
    transitions: Transitions, start: int, accepting: set[int], spelling: Spelling
) -> tuple[Transitions, set[int]]:
    """The automaton with states split by their last token and other spellings removed; its start state is 0."""
    places: dict[tuple[int, int | None], int] = {(start, None): 0}
    queue = deque(places)
    split: Transitions = {}
    ends = set()
    while queue:
        state, last = queue.popleft()
        row = {}
        for token, following in transitions.get(state, {}).items():
            if last is not None and not spelling.is_written(last, token):
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
