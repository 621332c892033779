"""What `Memory` gives back; `to_json` gives Mem0's shapes."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from runtime_py.memory.events import Applied
from runtime_py.store import StoredMemory


@dataclass(frozen=True)
class Stored:
    """The exchange held facts; `events` says what became of each."""

    events: tuple[Applied, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"status": "stored", "results": [{id, memory, event, previous_memory}]}`."""
        return {"status": "stored", "results": [asdict(event) for event in self.events]}


@dataclass(frozen=True)
class Empty:
    """Nothing to remember, or the exchange was stored before; `reason` says which."""

    reason: str

    def to_json(self) -> dict[str, Any]:
        """`{"status": "empty", "reason", "results": []}`."""
        return {"status": "empty", "reason": self.reason, "results": []}


@dataclass(frozen=True)
class Failed:
    """The model gave nothing usable; the raw turns are kept, and adding the exchange again tries again."""

    reason: str

    def to_json(self) -> dict[str, Any]:
        """`{"status": "failed", "reason", "results": []}`."""
        return {"status": "failed", "reason": self.reason, "results": []}


Outcome = Stored | Empty | Failed


@dataclass(frozen=True)
class Recalled:
    """A memory that was found and how well it matches, higher is better."""

    memory: StoredMemory
    score: float

    def to_json(self) -> dict[str, Any]:
        """A memory with its `score`."""
        return memory_to_json(self.memory) | {"score": self.score}


@dataclass(frozen=True)
class Answer:
    """An answer and the memories it was given, best first."""

    text: str
    memories: tuple[Recalled, ...]

    def to_json(self) -> dict[str, Any]:
        """`{"answer", "memories": [..]}`."""
        return {"answer": self.text, "memories": [found.to_json() for found in self.memories]}


def memory_to_json(memory: StoredMemory) -> dict[str, Any]:
    """`{id, memory, user_id, date, created_at, updated_at, state, valid_from, valid_to, superseded_by, source}`."""
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
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
