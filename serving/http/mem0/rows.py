"""A memory and its changes as Mem0's clients read them: ids are texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from runtime_py.memory import Outcome, memory_to_json
from runtime_py.store import HistoryRow, StoredMemory, Turn


def to_row(memory: StoredMemory, score: float | None = None) -> dict[str, Any]:
    """As `memory_to_json`, with `score` where it was searched for."""
    row = memory_to_json(memory) | {"id": str(memory.id), "superseded_by": _text(memory.superseded_by)}
    return row if score is None else row | {"score": score}


def to_added(outcome: Outcome) -> dict[str, Any]:
    """What became of an exchange: `{"results": [{id, memory, event, previous_memory}], "status", ..}`."""
    row = outcome.to_json()
    return row | {"results": [dict(event) | {"id": _text(event["id"])} for event in row["results"]]}


def to_change(change: HistoryRow, user: str, turns: Sequence[Turn]) -> dict[str, Any]:
    """One change; `input` is what was said."""
    return {
        "id": str(change.id),
        "memory_id": str(change.memory_id),
        "user_id": user,
        "input": [{"role": turn.role, "content": turn.text} for turn in turns],
        "old_memory": change.old_memory,
        "new_memory": change.new_memory,
        "event": change.event,
        "created_at": change.created_at,
        "updated_at": change.created_at,
        "metadata": None,
    }


def to_turn(turn: Turn) -> dict[str, Any]:
    """What was said."""
    day = turn.day.isoformat() if turn.day else None
    return {"id": str(turn.id), "role": turn.role, "speaker": turn.speaker, "text": turn.text, "date": day}


def to_page(rows: Sequence[Mapping[str, Any]], page: int, size: int, path: str) -> dict[str, Any]:
    """`{"count", "next", "previous", "results"}` of all rows, pages from 1."""
    end = page * size

    def link(number: int) -> str:
        return f"{path}?page={number}&page_size={size}"

    return {
        "count": len(rows),
        "next": link(page + 1) if end < len(rows) else None,
        "previous": link(page - 1) if page > 1 else None,
        "results": list(rows[end - size : end]),
    }


def _text(row: int | None) -> str | None:
    return None if row is None else str(row)
