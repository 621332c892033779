"""The memory of a bundle as an application meets it: plain dictionaries in Mem0's shapes, every call for one user."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

from runtime_py import memory as inner
from runtime_py.engines import DEFAULT
from runtime_py.errors import ConfigError
from runtime_py.memory import AnswerStream, Filters, Image, memory_to_json, photo_to_json, read_labels
from runtime_py.memory.arguments import checked
from runtime_py.memory.labels import Metadata
from runtime_py.memory.messages import Messages

_CONFIG = {"bundle", "store", "engine"}

Row = dict[str, Any]


def open(bundle: str | Path | None = None, store: str | Path | None = None, engine: str = DEFAULT) -> "Memory":
    """The memory of a bundle's folder in a store's file, which is made when it is not there.

    `bundle` None takes `MEMLORA_BUNDLE`; `store` None takes `MEMLORA_STORE`, else a file in the platform's data folder.
    Raises `ConfigError` when no bundle is named, `BundleError` for one that is refused, `StoreError` for a store that
    cannot be opened, `MissingExtraError` when the engine's package is missing.
    """
    from runtime_py.bundle import Bundle, Experts, default_bundle
    from runtime_py.store import Store, default_store

    opened = Bundle.open(Path(bundle) if bundle else default_bundle())
    embedder = opened.embedder()
    experts = Experts.of_memory(opened, engine, pictures=lambda name: sight.rows_of(name))
    kept = Store(Path(store) if store else default_store(), embedder)
    sight = inner.Sight(opened.image_encoder, kept)
    return Memory(inner.Memory(experts, embedder, kept, opened.prompt("generate").retrieve_k, sight=sight))


class Memory:
    """Remembers for any number of users. Usable from any thread; an id of another user is not found.

    Raises `ConfigError` for an unknown id or a message of another shape, `StoreError` when the store cannot be written.
    """

    def __init__(self, memory: inner.Memory) -> None:
        self._memory = memory

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Memory":
        """As `open`, from a mapping with `bundle`, and perhaps `store` and `engine`."""
        unknown = sorted(set(config) - _CONFIG)
        if unknown:
            raise ConfigError(f"wrong config: expected keys out of {', '.join(sorted(_CONFIG))}, got {unknown[0]!r}")
        return open(**config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._memory.close()

    @checked
    def add(
        self,
        messages: Messages,
        user_id: str,
        said_on: date | None = None,
        *,
        agent_id: str | None = None,
        run_id: str | None = None,
        metadata: Metadata | None = None,
        infer: bool = True,
        images: Sequence[Image] = (),
    ) -> Row:
        """Remember an exchange: a text, a message `{"role", "content", "name"?}` or a list of them, said on `said_on`
        (None: today), from which `last Friday` counts.

        `{"status": "stored" | "empty" | "failed", "results": [{"id", "memory", "event", "previous_memory"}]}`.
        `agent_id`, `run_id` (at most 256 bytes) and `metadata` (names with texts, numbers or booleans, at most 4096
        bytes as JSON) are kept beside each new memory. With `infer` False the text of every message is a memory as it
        is, and no model runs.

        `images` are photos that came with it, each a file's path, its bytes, or uint8 RGB `[H, W, 3]`; their ids are
        under `photos` then. At most 512 x 512 pixels are kept of each, and no place, date or camera. Raises
        `ImageError` for what is no whole picture, `ConfigError` for a bundle without vision; nothing is stored then.
        """
        labels, day = read_labels(agent_id, run_id, metadata), _or_today(said_on)
        return self._memory.add(messages, user_id, day, labels=labels, infer=infer, images=images).to_json()

    @checked
    def search(
        self,
        query: str,
        user_id: str,
        limit: int = 10,
        threshold: float = 0.0,
        filters: Mapping[str, Any] | None = None,
    ) -> Row:
        """`{"results": [memory with "score"]}`, best first; scores from 0 to 1, those below `threshold` left out.

        With `filters` (as in `get_all`) only among memories that have these values.
        """
        found = self._memory.search(query, user_id, limit, threshold, filters=Filters.read(filters))
        photos = self._memory.store.photos_behind(user_id, [hit.memory.id for hit in found])
        return {"results": [recalled.to_json(photos.get(recalled.memory.id, ())) for recalled in found]}

    @overload
    def ask(
        self,
        question: str,
        user_id: str,
        asked_on: date | None = None,
        asker: str = "",
        *,
        stream: Literal[False] = False,
    ) -> Row: ...
    @overload
    def ask(
        self,
        question: str,
        user_id: str,
        asked_on: date | None = None,
        asker: str = "",
        *,
        stream: Literal[True],
    ) -> AnswerStream: ...
    def ask(
        self, question: str, user_id: str, asked_on: date | None = None, asker: str = "", *, stream: bool = False
    ) -> Row | AnswerStream:
        """`{"answer", "memories", "turns", "used", "likely"}`: a short answer and what it was given, best first.

        `asker` is the name of who `I` in the question is, by default the one under which the user spoke last;
        `last Friday` in it counts from `asked_on` (None: today). A question about a photo is answered from its pixels
        by a bundle with vision: `photo` is the one that was looked at then, `reason` what was seen.

        With `stream` an iterator of pieces of the answer while it is written; its `answer` is there after the last one,
        its `close` ends the writing.
        """
        day = _or_today(asked_on)
        if stream:
            return AnswerStream(
                lambda told: self._memory.ask(question, user_id, asked_on=day, asker=asker, on_text=told)
            )
        return self._memory.ask(question, user_id, asked_on=day, asker=asker).to_json()

    @checked
    def get(self, memory_id: int, user_id: str) -> Row:
        """One memory of the user."""
        found = self._memory.store.memory(user_id, memory_id)
        if found is None:
            raise ConfigError(f"no memory {memory_id}: expected the id of a memory of {user_id}, got none; list them")
        return memory_to_json(found, self._memory.store.photos_behind(user_id, [found.id]).get(found.id, ()))

    @checked
    def get_all(self, user_id: str, limit: int | None = None, filters: Mapping[str, Any] | None = None) -> Row:
        """`{"results": [memory]}`: the user's memories, oldest first, at most `limit`.

        `filters` are values that a memory must have: `{"agent_id"?: .., "run_id"?: .., "metadata"?: {name: value}}`.
        """
        if limit is not None and limit < 0:
            raise ConfigError(f"wrong limit: expected how many memories at most, got {limit}; give 0 or more")
        found = self._memory.get_all(user_id, Filters.read(filters))[:limit]
        photos = self._memory.store.photos_behind(user_id, [memory.id for memory in found])
        return {"results": [memory_to_json(memory, photos.get(memory.id, ())) for memory in found]}

    @checked
    def update(self, memory_id: int, data: str, user_id: str) -> Row:
        """Other words for a memory; the memory as it is then."""
        self._memory.update(memory_id, data, user_id)
        return self.get(memory_id, user_id)

    @checked
    def delete(self, memory_id: int, user_id: str) -> None:
        """Forget a memory: its bytes leave every file of the store."""
        self._memory.delete(memory_id, user_id)

    @checked
    def photos(self, user_id: str) -> Row:
        """`{"results": [{"id", "sha256", "caption", "date", "created_at"}]}`: the user's photos, oldest first."""
        return {"results": [photo_to_json(photo) for photo in self._memory.store.photos(user_id)]}

    @checked
    def photo(self, photo_id: int, user_id: str, is_thumbnail: bool = False) -> bytes:
        """A photo of the user as a PNG, or its thumbnail of 128 pixels at most."""
        return self._memory.store.photo_png(user_id, photo_id, is_thumbnail)

    @checked
    def forget_photo(self, photo_id: int, user_id: str) -> None:
        """Forget a photo with its thumbnail, its embedding, what was said with it and what came of that."""
        self._memory.forget_photo(photo_id, user_id)

    @checked
    def undo(self, user_id: str) -> Row:
        """Take back the user's newest exchange: `{"said": [..], "forgotten": [ids], "restored": [memory]}`.

        What was said and the memories that came of it are forgotten, those that it changed or ended are as before.
        """
        undone = self._memory.undo(user_id)
        restored = self._memory.store.memories_by_id(user_id, undone.restored)
        said, forgotten = list(undone.said), list(undone.forgotten)
        return {"said": said, "forgotten": forgotten, "restored": [memory_to_json(memory) for memory in restored]}

    @checked
    def delete_all(self, user_id: str, agent_id: str | None = None, run_id: str | None = None) -> None:
        """Forget everything of the user; with `agent_id` or `run_id` the memories kept with these, live and past.

        Turns are forgotten with the memories that came of them. An agent and a run are kept beside memories alone, so
        what was said and gave no memory is forgotten with the user only.
        """
        self._memory.delete_all(user_id, Filters(read_labels(agent_id, run_id)))

    def reset(self) -> None:
        """Forget everything of every user of the store, its bytes too."""
        self._memory.reset()

    @checked
    def history(self, memory_id: int, user_id: str) -> list[Row]:
        """Every change of a memory and of those that it superseded, oldest first."""
        return [dict(vars(row)) for row in self._memory.history(memory_id, user_id)]


def _or_today(day: date | None) -> date:
    return date.today() if day is None else day
