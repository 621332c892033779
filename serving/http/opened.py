"""What is served: a bundle's experts, its embedder, and the memory of both."""

from dataclasses import dataclass
from pathlib import Path

from runtime_py.bundle import Bundle, Experts
from runtime_py.memory import Memory, SharedEmbedder, SharedGenerator, Sight
from runtime_py.store import Store
from runtime_py.text import Tokenizer


@dataclass(frozen=True)
class Opened:
    """One bundle and one store, for every request."""

    name: str
    tokenizer: Tokenizer
    generator: SharedGenerator
    embedder: SharedEmbedder
    memory: Memory

    @classmethod
    def open(cls, bundle: Path, store: Path, engine: str) -> "Opened":
        """Raises `BundleError`, `StoreError` and `ConfigError` as `memlora.open` does."""
        opened = Bundle.open(bundle)
        embedder = SharedEmbedder(opened.embedder())
        generator = SharedGenerator(Experts.of_memory(opened, engine, pictures=lambda name: sight.rows_of(name)))
        kept = Store(store, embedder)
        sight = Sight(opened.image_encoder, kept)
        memory = Memory(generator, embedder, kept, opened.prompt("generate").retrieve_k, sight=sight)
        return cls(opened.manifest.name, opened.tokenizer, generator, embedder, memory)

    def tokens(self, *texts: str) -> int:
        """How many tokens the texts have."""
        return sum(len(self.tokenizer.encode(text)) for text in texts)
