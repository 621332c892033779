"""A photo's bytes -> pixels that are the same everywhere -> what a vision tower takes (docs/image-format.md)."""

from runtime_py.images.decode import decode
from runtime_py.images.filters import FILTERS
from runtime_py.images.kept import KEPT_SIDE, kept_bytes, key_of, read_kept
from runtime_py.images.normalise import Normalisation
from runtime_py.images.orientation import upright
from runtime_py.images.png import png_bytes, read_png
from runtime_py.images.resize import Pixels, resize
from runtime_py.images.square import GROUND, RULE, fit_size, square

__all__ = [
    "FILTERS",
    "GROUND",
    "KEPT_SIDE",
    "RULE",
    "Normalisation",
    "Pixels",
    "decode",
    "fit_size",
    "kept_bytes",
    "key_of",
    "png_bytes",
    "read_kept",
    "read_png",
    "resize",
    "square",
    "upright",
]
