"""A verified bundle, its manifest, its embedder and its experts."""

from runtime_py.bundle.bundle import Bundle, write_bundle_manifest
from runtime_py.bundle.experts import Experts, Watch, grammar_of
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
    "Watch",
    "default_bundle",
    "grammar_of",
    "write_bundle_manifest",
]
