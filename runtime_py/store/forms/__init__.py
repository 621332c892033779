"""The forms of texts, exchanges and vectors, which any language computes to the byte (`docs/store-format.md`)."""

from runtime_py.store.forms.keys import exchange_key
from runtime_py.store.forms.letters import compose, is_spaceless, letters_of, normalise, small, words_form
from runtime_py.store.forms.sketches import quantise, sketch_layout, sketch_of

__all__ = [
    "compose",
    "exchange_key",
    "is_spaceless",
    "letters_of",
    "normalise",
    "quantise",
    "sketch_layout",
    "sketch_of",
    "small",
    "words_form",
]
