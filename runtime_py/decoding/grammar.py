"""The token automaton of an operation's output: which tokens may come next, and how to end in time.

The file format is described in docs/grammar-format.md.
"""

import struct
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError, ContractError
from runtime_py.files.limits import MAX_GRAMMAR_CLASSES, MAX_GRAMMAR_STATES

MAGIC = b"MLGR"
VERSION = 1
ILLEGAL = 0xFFFF
_CHUNK_VALUES = 1 << 20
_HEADER = struct.Struct("<4sHH32sIIII")


@dataclass(frozen=True, eq=False)
class Grammar:
    """S states over a vocabulary of V tokens in C classes.

    `classes` uint16 `[V]`; `table` uint16 `[S, C]`, the next state or `ILLEGAL`; `accepting` bool `[S]`; `min_tokens`
    uint16 `[S]`, the fewest tokens from a state to an accepting one. Class 0 is illegal in every state.
    """

    tokenizer_sha256: str
    start: int
    classes: NDArray[np.uint16]
    table: NDArray[np.uint16]
    accepting: NDArray[np.bool_]
    min_tokens: NDArray[np.uint16]
    _masks: dict[tuple[int, int], NDArray[np.bool_]] = field(default_factory=dict, repr=False)
    _forced: dict[tuple[int, int], int | None] = field(default_factory=dict, repr=False)

    @property
    def vocab_size(self) -> int:
        """V; ids from here on are never legal."""
        return len(self.classes)

    def mask(self, state: int, budget: int | None = None) -> NDArray[np.bool_]:
        """Legal tokens bool `[V]`, read-only and cached.

        With `budget`, only tokens after which an accepting state can still be reached within `budget` tokens, this
        one included.
        """
        key = (state, self._slack(budget))
        if key not in self._masks:
            legal = self._legal_classes(*key)[self.classes]
            legal.flags.writeable = False
            self._masks[key] = legal
        return self._masks[key]

    def forced(self, state: int, budget: int | None = None) -> int | None:
        """The token that must follow, or None when the text may end here or more than one token may follow."""
        key = (state, self._slack(budget))
        if key not in self._forced:
            legal = np.flatnonzero(self._legal_classes(*key) & (self._class_sizes > 0))
            alone = len(legal) == 1 and self._class_sizes[legal[0]] == 1 and not self.accepting[state]
            self._forced[key] = int(np.argmax(self.classes == legal[0])) if alone else None
        return self._forced[key]

    def advance(self, state: int, token: int) -> int:
        """The state after `token`; raises `ContractError` when it is not legal in `state`."""
        following = self.next_state(state, token)
        if following is None:
            raise ContractError(
                f"illegal token: expected one that the grammar allows in state {state}, got {token}; mask the logits"
            )
        return following

    def next_state(self, state: int, token: int) -> int | None:
        """The state after `token`, None when it is not legal in `state`."""
        if not 0 <= token < self.vocab_size:
            return None
        following = int(self.table[state, self.classes[token]])
        return None if following == ILLEGAL else following

    @cached_property
    def _class_sizes(self) -> NDArray[np.int64]:
        return np.bincount(self.classes, minlength=self.table.shape[1])

    def allows(self, state: int, token: int, budget: int) -> bool:
        """Whether `token` is legal in `state` and leaves a way to an end within `budget` tokens, itself included."""
        following = self.next_state(state, token)
        return following is not None and int(self.min_tokens[following]) <= budget - 1

    def ends(self, state: int) -> bool:
        """Whether the text is complete in `state` and nothing may follow."""
        return bool(self.accepting[state]) and bool((self.table[state] == ILLEGAL).all())

    def accepts(self, tokens: list[int]) -> bool:
        """Whether `tokens` are a complete text."""
        state = self.start
        for token in tokens:
            following = self.next_state(state, token)
            if following is None:
                return False
            state = following
        return bool(self.accepting[state])

    def _slack(self, budget: int | None) -> int:
        """Budgets that cannot bind are all the same mask."""
        roomy = int(self.min_tokens.max()) + 1
        return roomy if budget is None else min(budget, roomy)

    def _legal_classes(self, state: int, budget: int) -> NDArray[np.bool_]:
        following = self.table[state]
        legal = following != ILLEGAL
        reachable = self.min_tokens[np.where(legal, following, 0)] <= budget - 1
        return np.asarray(legal & reachable)

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        states, classes = self.table.shape
        digest = bytes.fromhex(self.tokenizer_sha256)
        return b"".join(
            [
                _HEADER.pack(MAGIC, VERSION, 0, digest, self.vocab_size, states, classes, self.start),
                self.classes.astype("<u2").tobytes(),
                self.table.astype("<u2").tobytes(),
                self.min_tokens.astype("<u2").tobytes(),
                self.accepting.astype("u1").tobytes(),
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes, origin: str = "grammar") -> "Grammar":
        """Read a file's bytes; raises `BundleError` when they are not a grammar or its tables contradict each other."""
        if len(data) < _HEADER.size or data[:4] != MAGIC:
            raise _malformed(origin, f"a {_HEADER.size}-byte header that starts with {MAGIC!r}", repr(data[:8]))
        _, version, reserved, digest, vocab, states, classes, start = _HEADER.unpack_from(data)
        if version != VERSION or reserved != 0:
            raise _malformed(origin, f"version {VERSION}", f"version {version} with reserved field {reserved}")
        if states > MAX_GRAMMAR_STATES or classes > MAX_GRAMMAR_CLASSES:
            most = f"at most {MAX_GRAMMAR_STATES} states and {MAX_GRAMMAR_CLASSES} classes"
            raise _malformed(origin, most, f"{states} and {classes}")
        size = _HEADER.size + 2 * vocab + 2 * states * classes + 2 * states + states
        if len(data) != size:
            raise _malformed(origin, f"{size} bytes", f"{len(data)} bytes")
        offset = _HEADER.size

        def take(count: int, dtype: str) -> NDArray[Any]:
            nonlocal offset
            values = np.frombuffer(data, dtype=dtype, count=count, offset=offset)
            offset += values.nbytes
            return values

        grammar = cls(
            tokenizer_sha256=digest.hex(),
            start=start,
            classes=take(vocab, "<u2"),
            table=take(states * classes, "<u2").reshape(states, classes),
            min_tokens=take(states, "<u2"),
            accepting=(ends := take(states, "u1")) == 1,
        )
        if (ends > 1).any():
            raise BundleError(f"invalid {origin}: expected 0 or 1 for each end, got others; export the bundle again")
        grammar.check(origin)
        return grammar

    @classmethod
    def from_file(cls, path: Path) -> "Grammar":
        """As `from_bytes`, of the file at `path`."""
        return cls.from_bytes(path.read_bytes(), path.name)

    def check(self, origin: str = "grammar") -> None:
        """Raise `BundleError` (invalid values) unless every path can be followed to an accepting state as announced."""
        states, classes = self.table.shape
        faults = {
            f"a start state below {states}, got {self.start}": self.start >= states,
            "next states that exist, got others": any(bool(((t >= states) & (t != ILLEGAL)).any()) for t in self.table),
            f"token classes below {classes}, got others": bool((self.classes >= classes).any()),
            "class 0 to be illegal everywhere, got transitions": bool((self.table[:, :1] != ILLEGAL).any()),
            "an end to be reachable from every state, got dead ends": bool((self.min_tokens == ILLEGAL).any()),
        }
        for expected, present in faults.items():
            if present:
                raise BundleError(f"invalid {origin}: expected {expected}; export the bundle again")
        used = np.zeros(classes, dtype=np.bool_)
        used[self.classes] = True
        # No state is dead, so counts that each follow from the next ones are the shortest: one pass is enough.
        if not np.array_equal(_one_more(self.table, self.accepting, self.min_tokens, used), self.min_tokens):
            raise BundleError(
                f"invalid {origin}: expected the token counts to an end that its table implies, got others; "
                "export the bundle again"
            )


def shortest_to_end(table: NDArray[np.uint16], accepting: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """The fewest tokens from each state to an accepting one, uint16 `[S]`; 0xFFFF where there is no way."""
    counts = np.where(accepting, 0, ILLEGAL).astype(np.uint16)
    while True:
        shorter = np.minimum(counts, _one_more(table, accepting, counts))
        if np.array_equal(shorter, counts):
            return counts
        counts = shorter


def _one_more(
    table: NDArray[np.uint16], accepting: NDArray[np.bool_], counts: NDArray[np.uint16], used: Any = slice(None)
) -> NDArray[np.uint16]:
    """0 for accepting states, for others 1 + the least of `counts` over the next states by the classes `used`."""
    least = np.empty(len(table), np.uint32)
    rows = max(1, _CHUNK_VALUES // max(1, table.shape[1]))
    padded = np.full(ILLEGAL + 1, ILLEGAL, np.uint16)
    padded[: len(counts)] = counts
    for first in range(0, len(table), rows):
        onward = padded[table[first : first + rows, used]]
        least[first : first + rows] = onward.min(axis=1, initial=ILLEGAL)
    return np.where(accepting, 0, np.minimum(least + 1, ILLEGAL)).astype(np.uint16)


def _malformed(origin: str, expected: str, got: str) -> BundleError:
    message = f"malformed {origin}: expected {expected}, got {got}; export the bundle again"
    return BundleError(message, "malformed bytes")
