"""Finds memories and turns in one store, and decides what a question reads."""

from runtime_py.memory.labels import NO_FILTERS, Filters
from runtime_py.memory.outcome import Recalled
from runtime_py.memory.reading import Reading, Reads, join, may_answer
from runtime_py.memory.rules import asks_of_the_past, named, told_of, told_of_self, without_names
from runtime_py.operations.select import NAMELESS
from runtime_py.retrieval import CANDIDATES, Retrieval
from runtime_py.store import Embedder, Kind, Store, Turn, Vectors

FURTHER = 0.1  # is the best turn of others from the best one of those asked about, where what is asked is theirs


class Recall:
    """`reads` says what a question reads."""

    def __init__(self, embedder: Embedder, store: Store, retrieval: Retrieval, reads: Reads) -> None:
        self._embedder, self._store, self._retrieval, self._reads = embedder, store, retrieval, reads

    def asked(self, question: str, asker: str) -> str:
        """The query of a question: with the name of who asks, where he has one."""
        return f"{asker}: {question}" if asker and asker != NAMELESS["user"] else question

    def read_for(self, question: str, user_id: str, asker: str, limit: int) -> Reading:
        """What `question` reads: the `limit` best of all."""
        depth = max(limit, CANDIDATES)
        if self._reads == "memories":
            speakers = self._store.speakers(user_id)
            memories = self.memories(question, self.embed(question), user_id, depth)
            return Reading(tuple([hit for hit in memories if may_answer(hit.memory.text, question, speakers)][:limit]))
        query = self.asked(question, asker)
        vector = self.embed(query)
        with self._store.reading():
            turns = self.turns(query, vector, user_id, depth)
            facts = self.memories(query, vector, user_id, depth) if self._reads == "both" else []
            known = [fact.memory.id for fact in facts]
            behind, before = self._store.turns_behind(user_id, known), self._store.words_before(user_id, known)
            reading = join(turns, facts, behind, before)
            if self._reads == "both" and not asks_of_the_past(question):
                taken = self._store.taken_from(user_id, [found.turn.id for found in reading.turns])
                told = {memory.id for memories in taken.values() for memory in memories}
                reading = reading.without_ended(taken, self._store.words_before(user_id, sorted(told)))
        return reading.first(limit)

    def is_of_others(self, question: str, user_id: str) -> bool:
        """Whether what `question` asks of a speaker was told by another one, of himself.

        Names aside, the best turn in which others tell of themselves fits by `FURTHER` more than the best one that may
        tell of those it names (`rules.told_of`). A question that names no speaker, or all, is of nobody else.
        """
        speakers = self._store.speakers(user_id)
        asked = named(question, speakers)
        bare = without_names(question, speakers)
        if self._reads == "memories" or not asked or not bare or not frozenset(filter(None, speakers)) - asked:
            return False
        found = self.turns(bare, self.embed(bare), user_id, CANDIDATES)
        theirs = (score for turn, score in found if told_of(turn.text, turn.speaker, question, "", speakers))
        others = (score for turn, score in found if told_of_self(turn.text, turn.speaker, question, speakers))
        return next(others, 0.0) - next(theirs, 0.0) > FURTHER

    def memories(
        self,
        query: str,
        vector: Vectors,
        user_id: str,
        limit: int,
        threshold: float = 0.0,
        include_past: bool = False,
        filters: Filters = NO_FILTERS,
    ) -> list[Recalled]:
        """As `Memory.search`, for a query whose `vector` `[D]` is known."""
        kinds: tuple[Kind, ...] = ("memory", "past") if include_past else ("memory",)
        with self._store.reading():
            found: list[Recalled] = []
            depth, is_all = limit, False
            while len(found) < limit and not is_all:  # one round where nothing is filtered
                ranked = [self._retrieval.search(user_id, query, vector, depth, kind) for kind in kinds]
                is_all = not filters or all(len(hits) < depth for hits in ranked)
                hits = sorted((hit for part in ranked for hit in part), key=lambda hit: (-hit.score, hit.id))[:depth]
                scores = {hit.id: hit.score for hit in hits if hit.score >= threshold}
                is_all = is_all or len(scores) < len(hits)
                memories = self._store.memories_by_id(user_id, list(scores), include_past)
                found = [Recalled(memory, scores[memory.id]) for memory in memories if filters.takes(memory)]
                depth *= 8
            return found[:limit]

    def turns(self, query: str, vector: Vectors, user_id: str, limit: int) -> list[tuple[Turn, float]]:
        """The raw turns that fit `query` best, best first, with their scores."""
        with self._store.reading():
            scores = {hit.id: hit.score for hit in self._retrieval.search(user_id, query, vector, limit, "turn")}
            return [(turn, scores[turn.id]) for turn in self._store.turns_by_id(user_id, list(scores))]

    def embed(self, text: str) -> Vectors:
        """A text's vector `[D]`."""
        vector: Vectors = self._embedder.embed([text])[0]
        return vector
