"""Does operations on a store as lines tell them; a vector is a formula of its text, which any language can follow."""

import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from runtime_py.errors import MemloraError
from runtime_py.retrieval import Retrieval
from runtime_py.store import Labels, Photo, Store, Vectors, exchange_key
from tests.runtime_py.images.sources import source

DIMENSION = 16


class Embedder:
    """Whole numbers of a congruence that the text's CRC-32 begins, made a unit vector: the same bits anywhere."""

    id, dimension = "congruence", DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([vector(text) for text in texts])


def vector(text: str) -> Vectors:
    """The vector `[D]` of `text`."""
    state, numbers = zlib.crc32(text.encode()), []
    for _ in range(DIMENSION):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        numbers.append((state >> 16) % 201 - 100)
    length = np.sqrt(np.float64(sum(number * number for number in numbers)))
    made: Vectors = (np.array(numbers, np.float64) / length).astype(np.float32)
    return made


class Replayer:
    """Does operations on a store whose clock is the operation's moment."""

    def __init__(self, path: Path) -> None:
        self.now = datetime(2023, 5, 8, tzinfo=UTC)
        self.store = Store(path, Embedder(), clock=lambda: self.now)
        self.retrieval = Retrieval(self.store)

    def answer(self, line: dict[str, Any]) -> Any:
        """What the operation gives, as JSON, or the name of its error."""
        self.now = datetime.fromisoformat(line["at"])
        try:
            return getattr(self, f"_{line['do']}")(line)
        except MemloraError as e:
            return type(e).__name__

    def _put(self, line: dict[str, Any]) -> Any:
        said = [(role, speaker, text) for role, speaker, text in line["said"]]
        day = _day(line["day"])
        key = exchange_key(line["session"], day, line["place"], said)
        moment = datetime.fromisoformat(line["moment"]) if line["moment"] else day
        vectors = Embedder().embed([text for *_, text in said]) if said and line["state"] == "stored" else None
        reason = None if vectors is not None else "no JSON"
        return self.store.put_exchange(line["user"], key, line["session"], moment, said, line["state"], reason, vectors)

    def _add(self, line: dict[str, Any]) -> Any:
        text, labels = line["text"], Labels(line["agent"], None, tuple(line["metadata"].items()))
        days = (_day(line["from"]), _day(line["to"]))
        return self.store.add_memory(
            line["user"], text, _day(line["day"]), vector(text), line["turns"], line["source"], *days, labels
        )

    def _update(self, line: dict[str, Any]) -> Any:
        text = line["text"]
        day, source = _day(line["day"]), line["source"]
        self.store.update_memory(line["user"], line["id"], text, day, vector(text), line["turns"], source)

    def _attribute(self, line: dict[str, Any]) -> Any:
        self.store.attribute(line["user"], line["id"], line["source"])

    def _supersede(self, line: dict[str, Any]) -> Any:
        self.store.supersede(line["user"], line["id"], line["by"], _day(line["day"]), line["turns"])

    def _forget(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_memories(line["user"], line["ids"])
        return [list(gone.memories), list(gone.turns), list(gone.kept_turns)]

    def _forget_session(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_session(line["user"], line["session"], line["with_memories"])
        return [list(gone.memories), list(gone.turns), list(gone.kept_turns)]

    def _forget_user(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_user(line["user"])
        return [list(gone.memories), list(gone.turns)]

    def _undo(self, line: dict[str, Any]) -> Any:
        undone = self.store.undo(line["user"], Embedder().embed)
        return [list(undone.said), sorted(undone.forgotten), sorted(undone.restored)]

    def _reindex(self, line: dict[str, Any]) -> Any:
        return self.store.reindex(Embedder(), 7)

    def _photo(self, line: dict[str, Any]) -> Any:
        photo = Photo(source(*line["picture"]))
        kept = self.store.put_photos(line["user"], line["turns"], [photo])
        self.store.put_photo_rows(photo.name, "encoder", vector(photo.name).reshape(4, -1))
        return kept

    def _photos(self, line: dict[str, Any]) -> Any:
        user = line["user"]
        memories = [memory.id for memory in self.store.memories(user, include_past=True)]
        turns = [turn.id for turn in self.store.turns(user)]
        behind = self.store.photos_behind(user, memories)
        found = (behind, self.store.photos_with(user, turns), self.store.photos_beside(user, turns))
        shown = [[photo.id, photo.name, photo.caption] for photo in self.store.photos(user)]
        return [shown, *([[owner, photos] for owner, photos in sorted(each.items())] for each in found)]

    def _forget_photo(self, line: dict[str, Any]) -> Any:
        gone = self.store.forget_photos(line["user"], line["ids"])
        return [list(gone.memories), list(gone.turns), list(gone.photos)]

    def _list(self, line: dict[str, Any]) -> Any:
        found = self.store.memories(line["user"], _day(line["day"]), include_past=True)
        return [[m.id, m.text, m.state, m.valid_to.isoformat() if m.valid_to else None, m.source] for m in found]

    def _history(self, line: dict[str, Any]) -> Any:
        rows = self.store.history(line["user"], line["id"])
        behind = self.store.provenance(line["user"], line["id"])
        return [[[r.id, r.old_memory, r.new_memory, r.event, r.source] for r in rows], [turn.id for turn in behind]]

    def _owner(self, line: dict[str, Any]) -> Any:
        return [self.store.owner(line["user"]), self.store.speakers(line["user"])]

    def _search(self, line: dict[str, Any]) -> Any:
        hits = self.retrieval.search(line["user"], line["query"], vector(line["query"]), line["limit"], line["kind"])
        near = self.retrieval.near(line["user"], vector(line["query"]), line["limit"], line["kind"])
        found = [[[hit.id, float(hit.score).hex()] for hit in each] for each in (hits, near)]
        return [*found, self.retrieval.by_words(line["user"], line["query"], line["limit"], line["kind"])]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
