"""How a tokenizer spells a text: what it writes before one, and which tokens it writes next to each other."""

from runtime_py.errors import ExportError
from runtime_py.text import Tokenizer

_PROBES = ('{"', "a", "[1", "Zoe")
_ANCHORS = ("\n", "a", ".")


class Spelling:
    """Raises `ExportError` for a tokenizer that writes a text otherwise than as it stands, but for blanks before it.

    `opening` are these blanks: the tokenizers of Llama 2 and its like begin every text with one, which decoding takes
    off again.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[int, int], bool] = {}
        openings = {text: self._before(text) for text in _PROBES}
        self.opening = openings[_PROBES[0]]
        if differing := [text for text, opening in openings.items() if opening != self.opening]:
            raise ExportError(
                f"unusable tokenizer: expected one that begins every text alike, got {openings[differing[0]]!r} before "
                f"{differing[0]!r} and {self.opening!r} before {_PROBES[0]!r}; use another base"
            )
        # what stands in the middle of a text is spelt behind an anchor, where an opening cannot be
        self._anchors = [(text, tokenizer.encode(text)) for text in _ANCHORS] if self.opening else [("", [])]

    def is_written(self, first: int, second: int) -> bool:
        """Whether it writes two tokens next to each other; only ASCII is judged, the rest is let through."""
        pair = (first, second)
        if pair not in self._known:
            text = self._bytes([first, second])
            self._known[pair] = not text.isascii() or self._spells(text.decode(), list(pair))
        return self._known[pair]

    def _spells(self, text: str, tokens: list[int]) -> bool:
        for anchor, before in self._anchors:
            spelt = self._tokenizer.encode(anchor + text)
            if spelt[: len(before)] == before:  # the anchor stands for itself
                return spelt[len(before) :] == tokens
        return True

    def _before(self, text: str) -> str:
        written = self._bytes(self._tokenizer.encode(text)).decode("utf-8", "replace")
        if written.lstrip(" ") != text:
            raise ExportError(
                f"unusable tokenizer: expected one that writes {text!r} as it stands, got {written!r}; use another base"
            )
        return written.removesuffix(text)

    def _bytes(self, tokens: list[int]) -> bytes:
        return b"".join(self._tokenizer.token_bytes(token) or b"" for token in tokens)
