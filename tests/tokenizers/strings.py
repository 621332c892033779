"""Random texts that tokenizers take apart differently: scripts, marks, blanks, cases, and what looks like a token."""

import random
import unicodedata
from collections.abc import Callable, Sequence

_BLANKS = [*"   \n\n\t\r\v\f", "\r\n", "\u00a0", "\u0085", "\u2003", "\u3000", "\u2028", "▁", "Ġ"]
_TEXT = (
    "I I'll don't WE'VE they're it's IT'S 'S '\u017f it'\u212a you'D hello Hello HELLO iPhone camelCase naïve Zoë "
    "\ufb01ne straße İstanbul ΑΣ ὈΔΥΣΣΕΎΣ москва МОСКВА 東京 公园 안녕 हिन्दी مرحبا שלום ไทย 2026 1,234.56 ١٢٣ "
    "½ Ⅷ ² \ufdfa a@b.com http://x.y/z?a=b C++ {} [] () <> </s> <0x0A> <0xE2> ## ##ing ▁▁ [CLS] [UNK] "
    "<unk> --- ... … “q” —"
)
_WORDS = _TEXT.split(" ")
_OTHER_MARKS = (
    "\u05bc\u05b0\u05b1\u05b2\u064d\u064b\u0950\u0955\u093f\u0334\u3099\u309a\u302a\u1dce\u302e"
    "\U0001d165\U000e0100\u0f71\u0f72"
)
_MARKS = [*map(chr, range(0x300, 0x370)), *_OTHER_MARKS]
_BASES = [*"aeiouAEIOUcnsyzμα가각ㄱ\u1100\u1161\u11a8かハ\u093e\u0915\u0947\u09cb\u2126\u212b\u0344\u0958\uf900"]
_EMOJI = [
    "\U0001f469\u200d\U0001f373", "\U0001f44d\U0001f3fd", "\U0001f1eb\U0001f1f7", "\u2764\ufe0f", "\U0001f389",
    *"\ufe0f\u200d\u200b\ufeff\ufffd\0\x7f\xad",
]  # fmt: skip


class Strings:
    """Texts by `seed`; `tokens` are written into them now and then."""

    def __init__(self, seed: int, tokens: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._tokens = list(tokens)

    def next(self) -> str:
        """A text of up to some thirty parts, most of them of a few."""
        makers: list[Callable[[], str]] = [
            self._word, self._word, self._blank, self._blank, self._character, self._marked, self._number, self._emoji,
            self._token, self._repeated, self._near,
        ]  # fmt: skip
        chosen = self._random.sample(makers, self._random.randint(1, len(makers)))
        parts = self._random.choice([1, 1, 2, 2, 3, 3, 5, 5, 8, 13, 34])
        return "".join(self._random.choice(chosen)() for _ in range(parts))

    def _word(self) -> str:
        return self._random.choice(["", " ", " "]) + self._random.choice(_WORDS)

    def _blank(self) -> str:
        blank: str = self._random.choice(_BLANKS)
        return blank * self._random.choice([1, 1, 2, 3, 5])

    def _character(self) -> str:
        """Any character, most of them of the first planes."""
        while True:
            point = self._random.randrange(self._random.choice([0x80, 0x250, 0x3000, 0x10000, 0x20000, 0x110000]))
            if not 0xD800 <= point < 0xE000:
                return chr(point)

    def _near(self) -> str:
        """Letters, digits and marks of one block."""
        first = self._random.choice([0x370, 0x400, 0x530, 0x600, 0x900, 0xE00, 0x1100, 0x1C80, 0x1E00, 0xA640, 0xAC00])
        return "".join(chr(first + self._random.randrange(0x80)) for _ in range(self._random.randint(1, 6)))

    def _marked(self) -> str:
        text = self._random.choice(_BASES)
        text += "".join(self._random.choice(_MARKS) for _ in range(self._random.randint(0, 5)))
        return unicodedata.normalize(self._random.choice(["NFC", "NFD"]), text) if self._random.random() < 0.5 else text

    def _number(self) -> str:
        return str(self._random.randrange(10 ** self._random.randint(1, 9)))

    def _emoji(self) -> str:
        part: str = self._random.choice(_EMOJI)
        return part

    def _token(self) -> str:
        token = self._random.choice(self._tokens)
        return token[: self._random.randint(1, len(token))] if self._random.random() < 0.3 else token

    def _repeated(self) -> str:
        part: str = self._random.choice(["a", "A", "ab", "=", " ", "\n", "哈", "1", "é", ".", "'s"])
        return part * self._random.randint(1, 40)
