"""What `Memory` gives back; `to_json` gives Mem0's shapes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from runtime_py.memory.events import Applied
from runtime_py.store import StoredMemory, StoredPhoto, Turn


@dataclass(frozen=True)
class Stored:
    """The exchange held facts; `events` says what became of each.

    `ungrounded` are facts that nothing said tells: the sentences they came from were kept instead. `photos` are the ids
    of those that came with it.
    """

    events: tuple[Applied, ...]
    ungrounded: tuple[str, ...] = ()
    photos: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"status": "stored", "results": [{id, memory, event, previous_memory}], "ungrounded": [..]}`.

        With photos `"photos": [ids]`, here and below.
        """
        results = [asdict(event) for event in self.events]
        told = {"status": "stored", "results": results, "ungrounded": list(self.ungrounded)}
        return told | _photos(self.photos)


@dataclass(frozen=True)
class Empty:
    """Nothing to remember, or the exchange was stored before; `reason` says which. Its photos are kept."""

    reason: str
    photos: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"status": "empty", "reason", "results": []}`."""
        return {"status": "empty", "reason": self.reason, "results": []} | _photos(self.photos)


@dataclass(frozen=True)
class Failed:
    """The model gave nothing usable; raw turns and photos are kept, and adding the exchange again tries again."""

    reason: str
    photos: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`{"status": "failed", "reason", "results": []}`."""
        return {"status": "failed", "reason": self.reason, "results": []} | _photos(self.photos)


Outcome = Stored | Empty | Failed


@dataclass(frozen=True)
class Recalled:
    """A memory that was found and how well it matches, higher is better."""

    memory: StoredMemory
    score: float

    def to_json(self, photos: Sequence[int] = ()) -> dict[str, Any]:
        """A memory with its `score`, and its `photos` where it has any."""
        return memory_to_json(self.memory, photos) | {"score": self.score}


@dataclass(frozen=True)
class RecalledTurn:
    """A raw turn that was found and how well it matches, higher is better."""

    turn: Turn
    score: float

    def to_json(self) -> dict[str, Any]:
        """`{id, text, speaker, role, date, score}`."""
        turn = self.turn
        said = {"id": turn.id, "text": turn.text, "speaker": turn.speaker, "role": turn.role}
        return {**said, "date": _iso(turn.day), "score": self.score}


@dataclass(frozen=True)
class RecalledPhoto:
    """A photo that was found and how well what was said around it matches, higher is better."""

    photo: StoredPhoto
    score: float

    def to_json(self) -> dict[str, Any]:
        """As `photo_to_json`, with its `score`."""
        return photo_to_json(self.photo) | {"score": self.score}


@dataclass(frozen=True)
class Answer:
    """An answer, the memories and the turns it was given, best first, and those of the turns that hold its words.

    `likely` is the turn to show beside a refusal: the best one, where one is near enough. `photo` is the one that was
    looked at, `reason` what was seen in it; the turns are those that came with it then.
    """

    text: str
    memories: tuple[Recalled, ...]
    turns: tuple[RecalledTurn, ...] = ()
    used: tuple[RecalledTurn, ...] = ()
    likely: RecalledTurn | None = None
    photo: RecalledPhoto | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"answer", "memories": [..], "turns": [..], "used": [turn ids], "likely": turn | null}`.

        Where a photo was looked at `"photo": photo, "reason": text`.
        """
        looked = {"photo": self.photo.to_json(), "reason": self.reason} if self.photo else {}
        return looked | {
            "answer": self.text,
            "memories": [found.to_json() for found in self.memories],
            "turns": [found.to_json() for found in self.turns],
            "used": [found.turn.id for found in self.used],
            "likely": self.likely.to_json() if self.likely else None,
        }


def memory_to_json(memory: StoredMemory, photos: Sequence[int] = ()) -> dict[str, Any]:
    """`{id, memory, user_id, date, created_at, updated_at, state, valid_from, valid_to, superseded_by, source}`.

    And what was given with it: `agent_id`, `run_id` (None where nothing was), `metadata` (an object), and where it has
    `photos` their ids.
    """
    return {
        "id": memory.id,
        "memory": memory.text,
        "user_id": memory.user_id,
        "date": _iso(memory.day),
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "state": memory.state,
        "valid_from": _iso(memory.valid_from),
        "valid_to": _iso(memory.valid_to),
        "superseded_by": memory.superseded_by,
        "source": memory.source,
        "agent_id": memory.labels.agent_id,
        "run_id": memory.labels.run_id,
        "metadata": dict(memory.labels.metadata),
    } | _photos(photos)


def photo_to_json(photo: StoredPhoto) -> dict[str, Any]:
    """`{id, sha256, caption, date, created_at}`."""
    told = {"id": photo.id, "sha256": photo.name, "caption": photo.caption}
    return told | {"date": _iso(photo.day), "created_at": photo.created_at}


def _photos(photos: Sequence[int]) -> dict[str, Any]:
    return {"photos": list(photos)} if photos else {}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
