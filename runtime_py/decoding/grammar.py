"""The token automaton of an operation's output: which tokens may come next, and how to end in time.

The file format is described in docs/grammar-format.md.
"""

import struct
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import BundleError, ContractError

MAGIC = b"MLGR"
VERSION = 1
ILLEGAL = 0xFFFF
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
        size = _HEADER.size + 2 * vocab + 2 * states * classes + 2 * states + states
        if len(data) != size:
            raise _malformed(origin, f"{size} bytes", f"{len(data)} bytes")
        offset = _HEADER.size

        def take(count: int, dtype: str) -> NDArray[np.generic]:
            nonlocal offset
            found = np.frombuffer(data, dtype=dtype, count=count, offset=offset)
            offset += found.nbytes
            return found

        grammar = cls(
            tokenizer_sha256=digest.hex(),
            start=start,
            classes=take(vocab, "<u2").astype(np.uint16),
            table=take(states * classes, "<u2").astype(np.uint16).reshape(states, classes),
            min_tokens=take(states, "<u2").astype(np.uint16),
            accepting=take(states, "u1").astype(np.bool_),
        )
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
            "next states that exist, got others": bool(((self.table >= states) & (self.table != ILLEGAL)).any()),
            f"token classes below {classes}, got others": bool((self.classes >= classes).any()),
            "class 0 to be illegal everywhere, got transitions": bool((self.table[:, :1] != ILLEGAL).any()),
            "an end to be reachable from every state, got dead ends": bool((self.min_tokens == ILLEGAL).any()),
        }
        for expected, present in faults.items():
            if present:
                raise BundleError(f"invalid {origin}: expected {expected}; export the bundle again")
        used = np.zeros(classes, dtype=np.bool_)
        used[self.classes] = True
        if not np.array_equal(shortest_to_end(self.table[:, used], self.accepting), self.min_tokens):
            raise BundleError(
                f"invalid {origin}: expected the token counts to an end that its table implies, got others; "
                "export the bundle again"
            )


def shortest_to_end(table: NDArray[np.uint16], accepting: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """The fewest tokens from each state to an accepting one, uint16 `[S]`; 0xFFFF where there is no way."""
    counts = np.where(accepting, 0, ILLEGAL).astype(np.int64)
    legal = table != ILLEGAL
    following = np.where(legal, table, 0)
    while True:
        onward = np.where(legal, counts[following], ILLEGAL).min(axis=1, initial=ILLEGAL)
        shorter = np.minimum(counts, np.minimum(onward + 1, ILLEGAL))
        if np.array_equal(shorter, counts):
            return counts.astype(np.uint16)
        counts = shorter


def _malformed(origin: str, expected: str, got: str) -> BundleError:
    message = f"malformed {origin}: expected {expected}, got {got}; export the bundle again"
    return BundleError(message, "malformed bytes")
