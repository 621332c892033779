"""What the tests of the store share."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from runtime_py.store import Photo, Store
from tests.runtime_py.script import WordEmbedder

EMBEDDER = WordEmbedder()
VECTOR = EMBEDDER.embed(["Ana sings"])[0]
DAY = date(2023, 5, 8)


def photo(seed: int, width: int = 160, height: int = 120) -> Photo:
    """A photo of noise, so that no byte of its files is left out by a packer."""
    return Photo(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


PHOTO = photo(1)


def open_store(path: Path, timeout_s: float = 30.0) -> Store:
    return Store(path, EMBEDDER, timeout_s, clock=lambda: datetime(2023, 5, 8, tzinfo=UTC))


def put(store: Store, key: str = "k", text: str = "hello") -> list[int]:
    said = [("user", "Ana", text), ("assistant", "Bob", "hi")]
    return store.put_exchange("ana", key, "s1", DAY, said, "stored", None, EMBEDDER.embed([text, "hi"]))
