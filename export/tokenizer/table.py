"""The bytes of a `tokenizer.bin` (docs/tokenizer-format.md), and the pools that its parts are numbered in."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

from export.tokenizer.unicode import Ranges, Unicode
from runtime_py.text.tokenizer_table import HEADER, MAGIC, VERSION

NONE = 0xFFFFFFFF


class Model(IntEnum):
    """What makes tokens of a word."""

    BYTES = 1
    CHARACTERS = 2
    WORD_PIECE = 3


class ModelFlag(IntFlag):
    """`WHOLE_WORDS` takes a word that is in the vocabulary as it stands."""

    BYTE_FALLBACK = 1
    FUSE_UNKNOWN = 2
    WHOLE_WORDS = 4


class PieceFlag(IntFlag):
    """`MODEL`: the model may write it. `HIDDEN`: not in a user's text."""

    MODEL = 1
    ADDED = 2
    SPECIAL = 4
    HIDDEN = 8


class AddedFlag(IntFlag):
    """`NORMALIZED`: looked for in the normalized text. `INERT`: plain in a user's text."""

    NORMALIZED = 1
    TAKES_BLANKS_BEFORE = 2
    TAKES_BLANKS_AFTER = 4
    INERT = 8


class StepKind(IntEnum):
    """Steps of the normalizer, up to `MAP`, and of the pre-tokenizer; what `a` and `b` say stands in the format."""

    COMPOSE = 1
    DECOMPOSE = 2
    PREPEND = 3
    REPLACE = 4
    MAP = 5
    SPLIT = 6
    PREPEND_MISSING = 7


class Behaviour(IntEnum):
    """What becomes of a match of a split."""

    ISOLATED = 0
    REMOVED = 1
    MERGED_WITH_PREVIOUS = 2
    MERGED_WITH_NEXT = 3
    CONTIGUOUS = 4


class Operator(IntEnum):
    """Instructions of a pattern."""

    MATCH = 0
    RUN = 1
    LOOK = 2
    SPLIT = 3
    JUMP = 4


class MapKind(IntEnum):
    """What a map makes of the characters of a range."""

    SHIFT = 0
    TEXT = 1
    PAD = 2


class Decoder(IntEnum):
    """How tokens become text; `NONE` for a tokenizer that only reads."""

    NONE = 0
    BYTES = 1
    PIECES = 2


Instruction = tuple[int, int, int, int]
Step = tuple[StepKind, int, int]
MapEntry = tuple[int, int, int, int]


@dataclass
class Pools:
    """Texts, classes of characters, patterns and maps, each once, by number."""

    texts: list[str] = field(default_factory=list)
    classes: list[Ranges] = field(default_factory=list)
    patterns: list[list[Instruction]] = field(default_factory=list)
    maps: list[list[MapEntry]] = field(default_factory=list)

    def text(self, value: str) -> int:
        """The number of `value`."""
        return _number(self.texts, value)

    def characters(self, value: Ranges) -> int:
        """The number of a class; its ranges are merged, and cut where surrogates lie."""
        return _number(self.classes, value)

    def pattern(self, value: list[Instruction]) -> int:
        """The number of a pattern."""
        return _number(self.patterns, value)

    def map(self, value: list[MapEntry]) -> int:
        """The number of a map."""
        return _number(self.maps, value)


@dataclass(frozen=True)
class Table:
    """A tokenizer as it is written.

    `pieces` are text and flags by id, `added` ids and flags, `merges` left, right, result, the first to be made first;
    `decoder` is kind, replaced text, text put in its place, text taken off the front and how often at most.
    """

    sha256: str
    model: Model
    flags: ModelFlag
    unknown: int
    longest_word: int
    pieces: Sequence[tuple[str, int]]
    merges: Sequence[tuple[int, int, int]]
    added: Sequence[tuple[int, int]]
    normalizer: Sequence[Step]
    pre_tokenizer: Sequence[Step]
    decoder: tuple[int, int, int, int, int]
    frame: tuple[Sequence[int], Sequence[int]]
    pools: Pools
    unicode: Unicode | None

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        body = b"".join(
            [
                bytes(flags for _, flags in self.pieces),
                _texts([text for text, _ in self.pieces]),
                _records(self.merges, 3),
                _records(self.added, 2),
                struct.pack("<I", len(self.pools.texts)),
                _texts(self.pools.texts),
                _lists(self.pools.classes, 2),
                _lists(self.pools.patterns, 4),
                _lists(self.pools.maps, 4),
                _records(self.normalizer, 3),
                _records(self.pre_tokenizer, 3),
                _normal_form(self.unicode),
                struct.pack("<5I", *self.decoder),
                *(_records([(token,) for token in tokens], 1) for tokens in self.frame),
            ]
        )
        head = HEADER.pack(
            MAGIC, VERSION, 0, bytes.fromhex(self.sha256), HEADER.size + len(body), self.model, self.flags,
            len(self.pieces), self.unknown, self.longest_word,
        )  # fmt: skip
        return head + body


def _number(pool: list[Any], value: Any) -> int:
    if value not in pool:
        pool.append(value)
    return pool.index(value)


def _records(records: Iterable[Sequence[int]], width: int) -> bytes:
    """How many there are, then `width` uint32 each."""
    flat = [number & NONE for record in records for number in record]
    return struct.pack(f"<{1 + len(flat)}I", len(flat) // width, *flat)


def _lists(lists: Sequence[Sequence[Sequence[int]]], width: int) -> bytes:
    return struct.pack("<I", len(lists)) + b"".join(_records(records, width) for records in lists)


def _texts(texts: Sequence[str]) -> bytes:
    """Where each begins in the bytes that follow, and where the last one ends."""
    written = [text.encode() for text in texts]
    ends = [0]
    for text in written:
        ends.append(ends[-1] + len(text))
    return struct.pack(f"<{len(ends)}I", *ends) + b"".join(written)


def _normal_form(unicode: Unicode | None) -> bytes:
    if unicode is None:
        return struct.pack("<3I", 0, 0, 0)
    parts = [(point, *map(ord, text.ljust(4, "\0"))) for point, text in sorted(unicode.decompositions.items())]
    return _records(parts, 5) + _records(unicode.combining, 3) + _records(unicode.compositions, 3)
