"""The sentence embedder: a sentence-transformers folder -> one 8-bit program per target, pooling inside."""

from export.embedder.source import EmbedderSource, read_source

__all__ = ["EmbedderSource", "read_source"]
