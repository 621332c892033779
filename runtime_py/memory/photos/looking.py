"""Questions about photos: which photo one is about, and what the expert sees in it.

A question that names a picture (`rules.names_a_picture`) is about the photo that fits it best by what was said around
it, or the newest where it says nothing else. One that only asks for what is to be seen is about the photo of what fits
it best, if that has one and tells no colour, number or writing itself. Every other question is left to the texts.
"""

from collections.abc import Mapping, Sequence

from runtime_py.memory.outcome import Answer, RecalledPhoto, RecalledTurn
from runtime_py.memory.recall import Recall
from runtime_py.memory.rules import PICTURE_WORDS, content_words, names_a_picture, tells_what_is_seen, what_is_seen
from runtime_py.operations import UnparsableError
from runtime_py.operations.generator import Generator
from runtime_py.operations.vqa import VqaAnswer, VqaInput
from runtime_py.retrieval import CANDIDATES
from runtime_py.store import Store, Vectors

AROUND = 0.5
"""What the score of a turn before or after a photo's own exchange counts for it."""


class Looker:
    """Finds the photo that a question is about and asks the expert."""

    def __init__(self, generator: Generator, store: Store, recall: Recall) -> None:
        self._generator = generator
        self._store = store
        self._recall = recall

    def search(self, query: str, vector: Vectors, user_id: str, limit: int) -> list[RecalledPhoto]:
        """The user's photos that fit a query best by what was said with and around them, best first, newer ones first.

        A photo scores as the best of: the turns of its exchanges, the memories that came of them, and `AROUND` times
        the turns of the exchange before and after in the session.
        """
        scores: dict[int, float] = {}
        depth, is_all = CANDIDATES, False
        with self._store.reading():
            limit = min(limit, self._store.count_photos(user_id))
            while len(scores) < limit and not is_all:
                turns = {turn.id: score for turn, score in self._recall.turns(query, vector, user_id, depth)}
                memories = {hit.memory.id: hit.score for hit in self._recall.memories(query, vector, user_id, depth)}
                _raise(scores, turns, self._store.photos_with(user_id, list(turns)))
                _raise(scores, memories, self._store.photos_behind(user_id, list(memories)))
                _raise(scores, turns, self._store.photos_beside(user_id, list(turns)), AROUND)
                is_all = max(len(turns), len(memories)) < depth
                depth *= 8
            best = sorted(scores, key=lambda photo: (-scores[photo], -photo))[:limit]
            return [RecalledPhoto(self._store.photo(user_id, photo), scores[photo]) for photo in best]

    def photo_for(self, question: str, user_id: str, asker: str) -> RecalledPhoto | None:
        """The photo that a question is about, None where it is about none."""
        kind, is_named = what_is_seen(question), names_a_picture(question)
        if not (kind or is_named) or not self._store.count_photos(user_id):
            return None
        if is_named and content_words(question) <= PICTURE_WORDS:
            newest = self._store.photos(user_id)[-1:]  # none where it was forgotten meanwhile
            return RecalledPhoto(newest[0], 0.0) if newest else None
        query = self._recall.asked(question, asker)
        vector = self._recall.embed(query)
        if is_named:
            found = self.search(query, vector, user_id, 1)
            return found[0] if found else None
        return self._shown_by_the_best(query, vector, user_id, kind)

    def _shown_by_the_best(self, query: str, vector: Vectors, user_id: str, kind: str) -> RecalledPhoto | None:
        """The photo of the turn or memory that fits best, where their texts do not tell what is asked."""
        with self._store.reading():
            hits: list[tuple[float, str, Sequence[int]]] = []
            for turn, score in self._recall.turns(query, vector, user_id, 1):
                hits.append((score, turn.text, self._store.photos_with(user_id, [turn.id]).get(turn.id, ())))
            for hit in self._recall.memories(query, vector, user_id, 1):
                behind = self._store.photos_behind(user_id, [hit.memory.id])
                hits.append((hit.score, hit.memory.text, behind.get(hit.memory.id, ())))
            score, text, photos = max(hits, key=lambda hit: (hit[0], len(hit[2])), default=(0.0, "", ()))
            if not photos:
                return None
            photo = self._store.photo(user_id, photos[0])
        told = [text, *(turn.text for turn in photo.turns)]
        return None if any(tells_what_is_seen(each, kind) for each in told) else RecalledPhoto(photo, score)

    def look(self, found: RecalledPhoto, question: str) -> Answer | None:
        """What the expert sees in the photo; None where it cannot read the question or gives nothing usable."""
        given = VqaInput(found.photo.name, question)
        if not self._generator.fits("vqa", given):
            return None
        try:
            seen: VqaAnswer = self._generator.run("vqa", given).value
        except UnparsableError:
            return None
        turns = tuple(RecalledTurn(turn, found.score) for turn in found.photo.turns)
        return Answer(seen.answer, (), turns, turns, None, found, seen.reason)


def _raise(
    scores: dict[int, float], hits: Mapping[int, float], photos: Mapping[int, Sequence[int]], share: float = 1.0
) -> None:
    """Each photo of a hit has at least `share` of its score."""
    for row, shown in photos.items():
        for photo in shown:
            scores[photo] = max(scores.get(photo, 0.0), share * hits[row])
