"""The memory of a bundle: add what was said, search it, ask about it. Names and shapes follow Mem0's."""

from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Self

from runtime_py.errors import ConfigError
from runtime_py.memory.arguments import checked
from runtime_py.memory.labels import NO_FILTERS, Filters
from runtime_py.memory.messages import Messages, read_messages, whole_text
from runtime_py.memory.outcome import Answer, Empty, Outcome, Recalled, RecalledPhoto
from runtime_py.memory.photos import Image, Looker, Sight, read_images
from runtime_py.memory.reading import Attribution, Reads, asker_of, conclude
from runtime_py.memory.recall import Recall
from runtime_py.memory.remember import ALREADY_STORED, Exchange, Pipeline
from runtime_py.memory.shared import SharedEmbedder, SharedGenerator
from runtime_py.operations import UnparsableError, get
from runtime_py.operations.generate import UNANSWERABLE, GenerateInput, begun
from runtime_py.operations.generator import Generated, Generator, OnText
from runtime_py.progress import Progress, silent
from runtime_py.retrieval import Retrieval
from runtime_py.store import (
    NO_LABELS,
    Embedder,
    HistoryRow,
    Labels,
    Photo,
    Store,
    StoredMemory,
    Turn,
    Undone,
)
from runtime_py.text import annotate

MEMORIES_PER_QUESTION = 30


class Memory:
    """Remembers for any number of users in one store, with the experts of one bundle, for any number of threads.

    Calls of several threads wait for one another where they use the model or the store, and are otherwise independent.
    Only what `add` is given is ever read for facts: neither recalled memories nor answers are.
    """

    def __init__(
        self,
        generator: Generator,
        embedder: Embedder,
        store: Store,
        retrieve_k: int = MEMORIES_PER_QUESTION,
        reads: Reads | None = None,
        sight: Sight | None = None,
    ) -> None:
        """`retrieve_k` memories or turns go into an answer where a question does not say otherwise.

        `reads` None: turns and memories where memories are sentences that were said (`select`), else memories. `sight`
        is what a bundle sees photos with; its `rows_of` is what the generator's `vqa` reads them by.
        """
        self._generator = SharedGenerator(generator)
        self._embedder = SharedEmbedder(embedder)
        self.store = store
        self._retrieve_k = retrieve_k
        self.retrieval = Retrieval(store)
        read: Reads = reads or ("both" if "select" in generator.operations else "memories")
        self._recall = Recall(self._embedder, store, self.retrieval, read)
        self._looker = Looker(self._generator, store, self._recall)
        self._sight = sight if "vqa" in generator.operations else None
        self._pipeline = Pipeline(self._generator, self._embedder, store, self.retrieval, self._sight)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @checked
    def add(
        self,
        messages: Messages,
        user_id: str,
        session_date: date | None = None,
        session: str = "",
        place: str = "",
        is_imported: bool = False,
        labels: Labels = NO_LABELS,
        infer: bool = True,
        progress: Progress = silent,
        images: Sequence[Image] = (),
    ) -> Outcome:
        """Remember an exchange said on `session_date` (None: unknown), and the photos that came with it.

        Raw turns, facts, vectors, history and provenance are written in one transaction. The same exchange added again
        changes nothing, unless it failed before; `session` and `place` tell apart exchanges of equal words. Raises
        `ConfigError` for messages of another shape, `StoreError` when the store cannot be written. An imported text
        (`is_imported`) never changes what the user said himself. `labels` are kept beside each memory that comes of
        it. Without `infer` no model runs on texts and the text of every message is a memory. `progress` is told how far
        a long text is. `images` are kept as at most 512 x 512 pixels, under their sha256, and encoded now; raises
        `ImageError` for one that is no whole picture and `ConfigError` where the bundle has no vision, and nothing is
        stored then.
        """
        read = read_messages(messages)
        photos = () if isinstance(images, list | tuple) and not images else self._read_images(images)
        exchange = Exchange(user_id, read, session_date, session, place, is_imported, labels, not infer, photos)
        if self._pipeline.is_stored(exchange):
            return Empty(ALREADY_STORED)
        return self._pipeline.remember(exchange, progress)

    def _read_images(self, images: Sequence[Image]) -> tuple[Photo, ...]:
        if self._sight is None:
            raise ConfigError(
                "cannot keep a photo: expected a bundle with vision, got one of text alone; nothing was stored, take a "
                "bundle that has vqa"
            )
        photos = read_images(images)
        for photo in photos:
            photo.pack()
        return photos

    @checked
    def search(
        self,
        query: str,
        user_id: str,
        limit: int = 10,
        threshold: float = 0.0,
        include_past: bool = False,
        filters: Filters = NO_FILTERS,
    ) -> list[Recalled]:
        """The memories that fit `query` best by meaning and words, best first, with scores from 0 to 1.

        Those below `threshold` are left out (`runtime_py.retrieval.search` has the formula); with `include_past` those
        that something newer ended are among them. Only those that `filters` take are found.
        """
        query = whole_text(query)
        if limit < 1 or not query.strip():
            return []
        vector = self._recall.embed(query)
        return self._recall.memories(query, vector, user_id, limit, threshold, include_past, filters)

    @checked
    def search_turns(self, query: str, user_id: str, limit: int = 10) -> list[Turn]:
        """The raw turns that fit `query` best by meaning and words, best first."""
        query = whole_text(query)
        return [turn for turn, _ in self._recall.turns(query, self._recall.embed(query), user_id, limit)]

    @checked
    def search_photos(self, query: str, user_id: str, limit: int = 10) -> list[RecalledPhoto]:
        """The photos that fit `query` best by their captions and what was said around them, best first."""
        query = whole_text(query)
        if limit < 1 or not query.strip():
            return []
        return self._looker.search(query, self._recall.embed(query), user_id, limit)

    @checked
    def ask(
        self,
        question: str,
        user_id: str,
        limit: int | None = None,
        asked_on: date | None = None,
        asker: str = "",
        on_text: OnText | None = None,
    ) -> Answer:
        """A short answer from what fits the question best; less than `limit` (by default the bundle's own number)
        where the context is short.

        Relative dates in the question are annotated from `asked_on`. `asker` is who `I` in the question is; without it
        the user who said most lately. What only others told of themselves is refused, as a question and as an answer.
        Nothing is remembered. `on_text` is given the answer's text as it grows, no text as long as it may yet become a
        refusal, and ends the writing when it says False (`AnswerStream` makes pieces of it). Where the bundle sees, a
        question about a photo is answered from its pixels (`runtime_py.memory.photos.looking`), in one piece.
        """
        plain = " ".join(whole_text(question).split())
        question = annotate(plain, asked_on)
        if not question:
            raise ConfigError("nothing to answer: expected a question, got no text; ask something")
        speakers = self.store.speakers(user_id)
        asker = asker_of(question, speakers, whole_text(asker) or self.store.owner(user_id))
        shown = self._looker.photo_for(plain, user_id, asker) if self._sight else None
        if shown is not None and (seen := self._looker.look(shown, plain)) is not None:
            return seen
        found = self._recall.read_for(question, user_id, asker, limit or self._retrieve_k)
        given = found.asked(question, asker)
        while found and not self._generator.fits("generate", given):
            found = found.shorter()
            given = found.asked(question, asker)
        if not found and not self._generator.fits("generate", given):
            raise ConfigError(
                f"the question is too long: expected one that the model can read, got {len(question)} letters; ask in "
                "fewer words"
            )
        if self._recall.is_of_others(question, user_id):
            return conclude(UNANSWERABLE, found)
        attribution = Attribution(found, question, asker, speakers)
        try:
            text = str(self._generate(given, on_text, attribution).value)
        except UnparsableError:
            text = str(get("generate").fallback(given))
        if attribution.is_of_others(text):
            text = UNANSWERABLE
        return conclude(text, found)

    def _generate(self, given: GenerateInput, on_text: OnText | None, attribution: Attribution) -> Generated:
        if on_text is None:
            return self._generator.run("generate", given)

        def tell(text: str) -> bool | None:
            answer = begun(text)
            return on_text("" if attribution.is_open(answer) else answer)

        return self._generator.write("generate", given, tell)

    @checked
    def get_all(self, user_id: str, filters: Filters = NO_FILTERS) -> list[StoredMemory]:
        """Every live memory of the user that `filters` take, oldest first."""
        return [memory for memory in self.store.memories(user_id) if filters.takes(memory)]

    @checked
    def update(self, memory_id: int, text: str, user_id: str) -> None:
        """Other words for a memory of the user, or the same ones in other letters: his own word from then on. The same
        text changes nothing.

        Raises `ConfigError` for an id that is not the user's, and for no text.
        """
        text = whole_text(text).strip()
        if not text:
            raise ConfigError("nothing to write: expected the memory's new text, got none; use delete to forget it")
        vector = self._recall.embed(text)
        with self.store.writing():
            live, same = self.store.memory(user_id, memory_id), self.store.find_memory(user_id, text)
            if same is None or live is None or (same.id == memory_id and same.text != text):
                self.store.update_memory(user_id, memory_id, text, None, vector, source="user")
            elif same.id != memory_id:
                raise ConfigError(f"cannot change memory {memory_id}: expected new words, got memory {same.id}'s")

    @checked
    def delete(self, memory_id: int, user_id: str) -> None:
        """Forget a memory of the user, live or past. Raises `ConfigError` for an id that is not the user's."""
        self.store.forget_memories(user_id, [memory_id])

    @checked
    def forget_photo(self, photo_id: int, user_id: str) -> None:
        """Forget a photo of the user with what was said with it and what came of that.

        Raises `ConfigError` for an id that is not the user's.
        """
        self.store.forget_photos(user_id, [photo_id])

    @checked
    def forget_session(self, session: str, user_id: str, with_memories: bool = True) -> None:
        """Forget what was said in a session of the user, and what came of it or was reworded by it.

        Without `with_memories` only what gave no memory is forgotten. Raises `ConfigError` for a session that is not
        the user's.
        """
        self.store.forget_session(user_id, session, with_memories)

    @checked
    def undo(self, user_id: str) -> Undone:
        """Take back the user's newest exchange: its turns and memories are forgotten, what it changed is as before.

        Raises `ConfigError` where there is none, or a memory that it ended says what another one says now.
        """
        return self.store.undo(user_id, self._embedder.embed)

    @checked
    def delete_all(self, user_id: str, filters: Filters = NO_FILTERS) -> None:
        """Forget everything of the user, or with `filters` the memories that they take, live and past.

        Turns go with their memories; labels lie beside memories alone, so what gave none goes with the user only.
        Raises `ConfigError` for an unknown user.
        """
        if not filters or self.store.user_row(user_id) is None:
            self.store.forget_user(user_id)
            return
        found = [memory.id for memory in self.store.memories(user_id, include_past=True) if filters.takes(memory)]
        if found:
            self.store.forget_memories(user_id, found)

    def reset(self) -> None:
        """Forget everything of every user."""
        self.store.forget_everyone()

    @checked
    def history(self, memory_id: int, user_id: str) -> list[HistoryRow]:
        """Every change of a memory of the user and of those that it superseded, oldest first; also of a past one.

        Raises `ConfigError` for an id that is not the user's.
        """
        rows = self.store.history(user_id, memory_id)
        if not rows:
            raise ConfigError(f"no memory {memory_id}: expected the id of a memory of {user_id}, got none")
        return rows
