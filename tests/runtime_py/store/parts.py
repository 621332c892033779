"""What the tests of the store share."""

from datetime import UTC, date, datetime
from pathlib import Path

from runtime_py.store import Store
from tests.runtime_py.script import WordEmbedder

EMBEDDER = WordEmbedder()
VECTOR = EMBEDDER.embed(["Ana sings"])[0]
DAY = date(2023, 5, 8)


def open_store(path: Path, timeout_s: float = 30.0) -> Store:
    return Store(path, EMBEDDER, timeout_s, clock=lambda: datetime(2023, 5, 8, tzinfo=UTC))


def put(store: Store, key: str = "k", text: str = "hello") -> list[int]:
    said = [("user", "Ana", text), ("assistant", "Bob", "hi")]
    return store.put_exchange("ana", key, "s1", DAY, said, "stored", None, EMBEDDER.embed([text, "hi"]))
