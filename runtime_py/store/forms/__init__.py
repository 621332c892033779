"""The forms of texts, exchanges, vectors and photos, which any language computes alike (`docs/store-format.md`)."""

from runtime_py.store.forms.keys import exchange_key
from runtime_py.store.forms.letters import compose, is_spaceless, letters_of, normalise, small, words_form
from runtime_py.store.forms.photos import THUMBNAIL_SIDE, Photo, photo_problem
from runtime_py.store.forms.sketches import quantise, sketch_layout, sketch_of

__all__ = [
    "THUMBNAIL_SIDE",
    "Photo",
    "compose",
    "exchange_key",
    "is_spaceless",
    "letters_of",
    "normalise",
    "photo_problem",
    "quantise",
    "sketch_layout",
    "sketch_of",
    "small",
    "words_form",
]
