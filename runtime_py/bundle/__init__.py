"""A verified bundle, its manifest, its embedder, its image encoder and its experts."""

from runtime_py.bundle.bundle import Bundle, write_bundle_manifest
from runtime_py.bundle.experts import Experts, Pictures, Watch, grammar_of
from runtime_py.bundle.image_encoder import ImageEncoder
from runtime_py.bundle.manifest import FORMAT_VERSION as BUNDLE_VERSION
from runtime_py.bundle.manifest import MANIFEST, SEAL
from runtime_py.bundle.place import VARIABLE as BUNDLE_VARIABLE
from runtime_py.bundle.place import default_bundle

__all__ = [
    "BUNDLE_VARIABLE",
    "BUNDLE_VERSION",
    "MANIFEST",
    "SEAL",
    "Bundle",
    "Experts",
    "ImageEncoder",
    "Pictures",
    "Watch",
    "default_bundle",
    "grammar_of",
    "write_bundle_manifest",
]
