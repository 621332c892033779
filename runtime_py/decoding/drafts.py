"""Drafts by look-up: what followed the last tokens elsewhere, in a likely answer, the prompt or the answer so far."""

from collections.abc import Sequence

SHORTEST_TOKENS, LONGEST_TOKENS = 1, 8
KEY_TOKENS = (4, 3, 2, 1)


class Drafts:
    """Proposes tokens of a growing text.

    A draft goes on where the text was last found, as long as that comes true. Otherwise the longest run of equal last
    tokens counts; of several places the next one of the likely answer, else the latest. Drafts have one token at first
    and after a miss, which costs an exact engine nothing, and twice as many while they come true: each further row
    costs a third of a step on a CPU (docs/decisions.md).
    """

    def __init__(self, likely: Sequence[int] = ()) -> None:
        self._source = list(likely)
        self._likely = len(self._source)
        self._text = 0  # tokens of the text that are in the source already
        self._places: dict[tuple[int, ...], list[int]] = {}
        self._indexed = 0
        self._next = 0  # where the next token is expected
        self._read = 0  # as far as the likely answer has been followed
        self._length = SHORTEST_TOKENS

    def propose(self, text: Sequence[int], room: int) -> list[int]:
        """At most `room` tokens that may follow `text`, which only ever grows; none where nothing is known."""
        fresh = list(text[self._text :])
        self._text = len(text)
        self._source += fresh
        for token in fresh:
            known = self._next < len(self._source) and self._source[self._next] == token
            self._next = self._next + 1 if known and self._next else 0
        self._index()
        place = self._next or self._find()
        if not place:
            return []
        self._next = place
        if place <= self._likely:
            self._read = place
        end = self._likely if place < self._likely else len(self._source)
        return self._source[place : min(end, place + max(0, min(self._length, room)))]

    def judge(self, drafted: int, accepted: int) -> None:
        """How many tokens of a draft came true."""
        if drafted:
            self._length = min(2 * self._length, LONGEST_TOKENS) if accepted == drafted else SHORTEST_TOKENS

    def _index(self) -> None:
        for end in range(max(1, self._indexed), len(self._source)):  # the last tokens themselves are no earlier place
            for size in KEY_TOKENS:
                if size <= end:
                    self._places.setdefault(tuple(self._source[end - size : end]), []).append(end)
        self._indexed = max(self._indexed, len(self._source))

    def _find(self) -> int:
        for size in KEY_TOKENS:
            places = self._places.get(tuple(self._source[-size:]))
            if places:
                return next((place for place in places if self._read < place < self._likely), places[-1])
        return 0
