"""What an application keeps beside a memory, and the filters that find by it, each read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime_py.errors import ConfigError
from runtime_py.memory.messages import whole_text
from runtime_py.store import NO_LABELS, Labels, StoredMemory, Value

Metadata = Mapping[str, Value]
_FILTERS = ("agent_id", "run_id", "metadata")


def read_labels(agent_id: str | None = None, run_id: str | None = None, metadata: Metadata | None = None) -> Labels:
    """Labels with texts in normal form C.

    Raises `ConfigError` for an id that is no text of 1 to 256 bytes, and for metadata other than names with texts,
    numbers or booleans, of at most 4096 bytes as JSON.
    """
    if metadata is not None and not isinstance(metadata, Mapping):
        raise ConfigError(f"wrong metadata: expected names with values, got {metadata!r:.40}; give a dictionary")
    pairs = tuple((_whole(key), _whole(value)) for key, value in (metadata or {}).items())
    labels = Labels(_whole(agent_id), _whole(run_id), pairs)
    if problem := labels.problem():
        raise ConfigError(f"wrong labels: {problem}; keep longer and other things elsewhere")
    return labels


@dataclass(frozen=True)
class Filters:
    """What a memory's labels must be: each value that is named here, the same as here."""

    wanted: Labels = NO_LABELS

    @classmethod
    def read(cls, filters: Mapping[str, Any] | None) -> "Filters":
        """From `{"agent_id"?: text, "run_id"?: text, "metadata"?: {name: value}}`. Raises `ConfigError`."""
        if filters is not None and not isinstance(filters, Mapping):
            raise ConfigError(f"wrong filter: expected names with values, got {filters!r:.40}; give a dictionary")
        unknown = sorted(str(key) for key in set(filters or {}) - set(_FILTERS))
        if unknown:
            raise ConfigError(f"wrong filter: expected {', '.join(_FILTERS)}, got {unknown[0]!r}; mend it")
        for key, value in (filters or {}).items():
            if value is None:
                raise ConfigError(f"wrong filter: expected a value under {key}, got none; leave {key} out")
        return cls(read_labels(**(filters or {})))

    def __bool__(self) -> bool:
        return self.wanted != NO_LABELS

    def takes(self, memory: StoredMemory) -> bool:
        """Whether the memory has every value; numbers equal numbers, booleans booleans, texts texts."""
        wanted, found = self.wanted, memory.labels
        ids = ((wanted.agent_id, found.agent_id), (wanted.run_id, found.run_id))
        values = dict(found.metadata)
        return all(want in (None, got) for want, got in ids) and all(
            name in values and values[name] == value and isinstance(values[name], bool) == isinstance(value, bool)
            for name, value in wanted.metadata
        )


NO_FILTERS = Filters()


def _whole(value: Any) -> Any:
    return whole_text(value) if isinstance(value, str) else value
