"""Drafts by look-up: what followed the last tokens at their latest earlier occurrence in prompt and answer."""

from collections.abc import Sequence

SHORTEST_TOKENS, LONGEST_TOKENS = 2, 8
KEY_TOKENS = 2


class Drafts:
    """Proposes tokens of a growing text. Short at first and after a miss, twice as long while drafts come true: on a
    CPU a row more costs half a step (docs/decisions.md)."""

    def __init__(self) -> None:
        self._length = SHORTEST_TOKENS
        self._followed: dict[tuple[int, ...], int] = {}  # the last tokens -> where what followed them starts
        self._indexed = KEY_TOKENS

    def propose(self, text: Sequence[int], room: int) -> list[int]:
        """At most `room` tokens that may follow `text`, which only ever grows; none where nothing is known."""
        for end in range(self._indexed, len(text)):  # the last tokens themselves are not an earlier occurrence
            self._followed[tuple(text[end - KEY_TOKENS : end])] = end
        self._indexed = max(self._indexed, len(text))
        start = self._followed.get(tuple(text[-KEY_TOKENS:]))
        return [] if start is None else list(text[start : start + max(0, min(self._length, room))])

    def judge(self, drafted: int, accepted: int) -> None:
        """How many tokens of a draft came true."""
        if drafted:
            self._length = min(2 * self._length, LONGEST_TOKENS) if accepted == drafted else SHORTEST_TOKENS
