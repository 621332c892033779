"""What is fed to an engine: a sequence of parts, each token ids or rows of embeddings (an image, a sound).

A place is what one position of a KV cache holds, so the key of a sequence is the list of its places. The rows of an
embeddings part belong together: their KV is kept whole or not at all, for a model may let them see each other.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ContractError


@dataclass(frozen=True)
class Tokens:
    """Token ids in order."""

    ids: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """`rows` float32 `[n, D]`, copied and read-only; `name` is the hex sha256 of their little-endian bytes.

    Raises `ContractError` for another shape or type, for no rows, and for numbers that are not finite.
    """

    rows: NDArray[np.float32]
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Checks, copies and names the rows."""
        rows = np.array(self.rows, order="C", copy=True)
        if rows.dtype != np.float32 or rows.ndim != 2 or 0 in rows.shape:
            raise ContractError(
                f"wrong embeddings: expected float32 [n, D] with 1 or more rows, got {rows.dtype} {list(rows.shape)}; "
                "give the rows as the encoder made them"
            )
        if not np.isfinite(rows).all():
            raise ContractError("wrong embeddings: expected finite numbers, got NaN or infinity; run the encoder again")
        rows.flags.writeable = False
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "name", hashlib.sha256(rows.astype("<f4").tobytes()).hexdigest())

    def __eq__(self, other: object) -> bool:
        """Equal bytes in an equal shape."""
        return isinstance(other, Embeddings) and (self.name, self.rows.shape) == (other.name, other.rows.shape)

    def __hash__(self) -> int:
        """By name."""
        return hash(self.name)


@dataclass(frozen=True)
class EmbeddedRow:
    """Row `row` of the `count` rows of the embeddings called `name`."""

    name: str
    row: int
    count: int


Part = Tokens | Embeddings
Piece = int | Part
"""A token id stands for itself, so a list of token ids is a sequence of parts too."""
Place = int | EmbeddedRow


def to_parts(fed: Iterable[Piece]) -> list[Part]:
    """Parts in order, tokens that stand side by side as one part."""
    parts: list[Part] = []
    ids: list[int] = []
    for piece in fed:
        if isinstance(piece, Embeddings):
            if ids:
                parts.append(Tokens(tuple(ids)))
                ids = []
            parts.append(piece)
        else:
            ids.extend(piece.ids if isinstance(piece, Tokens) else (piece,))
    return [*parts, Tokens(tuple(ids))] if ids else parts


def to_places(fed: Iterable[Piece]) -> list[Place]:
    """The key of a sequence, a place each: a token id, or a row of embeddings by the name of its part."""
    places: list[Place] = []
    for piece in fed:
        if isinstance(piece, Embeddings):
            count = len(piece.rows)
            places += [EmbeddedRow(piece.name, row, count) for row in range(count)]
        else:
            places += piece.ids if isinstance(piece, Tokens) else (piece,)
    return places


def split(fed: Sequence[Piece], place: int) -> tuple[list[Part], list[Part]]:
    """The parts before `place` and those from it on; a place inside embeddings moves to where they begin."""
    parts = to_parts(fed)
    before: list[Part] = []
    for number, part in enumerate(parts):
        count = len(part.ids) if isinstance(part, Tokens) else len(part.rows)
        if place < count:
            if isinstance(part, Embeddings) or not place:
                return before, parts[number:]
            return [*before, Tokens(part.ids[:place])], [Tokens(part.ids[place:]), *parts[number + 1 :]]
        before.append(part)
        place -= count
    return before, []


def token_ids(fed: Iterable[Piece]) -> list[int]:
    """The ids of a sequence of tokens; raises `ContractError` for one that holds embeddings."""
    places = to_places(fed)
    ids = [place for place in places if not isinstance(place, EmbeddedRow)]
    if len(ids) != len(places):
        raise ContractError(
            f"cannot take embeddings: expected tokens only, got {len(places) - len(ids)} rows of embeddings; use an "
            "engine that takes them"
        )
    return ids
