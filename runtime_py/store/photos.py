"""Photos in the store: kept pixels as PNG under their sha256, a thumbnail, the exchanges they came with, embeddings.

A photo is one user's: two users who keep the same one have a row each, so that forgetting reaches no one else's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ConfigError, ContractError, StoreError
from runtime_py.images import Pixels, read_png
from runtime_py.store.erasing import IDS, Forgotten
from runtime_py.store.forgetting import ForgettingTables
from runtime_py.store.forms import Photo, photo_problem
from runtime_py.store.rows import TURNS_WITH, Turn, to_turn

_PHOTOS = "SELECT photos.id, sha256, created_at FROM photos JOIN users ON users.id = user_id WHERE users.name = ?"
_OWN = (
    "(state = 'live' OR exchange_id = (SELECT min(exchange_id) FROM provenance AS own JOIN turns AS said ON said.id = "
    "own.turn_id WHERE own.memory_id = memories.id))"
)
"""Of a past memory not the exchange that ended it."""
_BESIDE = tuple(
    f"(SELECT {end}(near.id) FROM exchanges AS near WHERE near.session_id = exchanges.session_id AND near.id {way} "
    "exchanges.id)"
    for end, way in (("max", "<"), ("min", ">"))
)


@dataclass(frozen=True)
class StoredPhoto:
    """A photo of a user: `name` is the sha256 of its pixels, `turns` what was said when it came, oldest first."""

    id: int
    name: str
    created_at: str
    turns: tuple[Turn, ...] = ()

    @property
    def day(self) -> date | None:
        """The day it came last."""
        return self.turns[-1].day if self.turns else None

    @property
    def caption(self) -> str:
        """What the user said with it, else what anybody did, in one line."""
        own = [turn.text for turn in self.turns if turn.role == "user"]
        said = " ".join(own).split() or " ".join(turn.text for turn in self.turns).split()
        return " ".join(said)


class PhotoTables(ForgettingTables):
    """A store file with photos."""

    def put_photos(self, user_id: str, turns: Sequence[int], photos: Sequence[Photo]) -> list[int]:
        """The ids of photos that came with the user's exchange of `turns`, each stored once however often it is put.

        Raises `ContractError` for turns that are not one exchange of the user's.
        """
        ids = []
        with self.writing():
            user, now = self.user_row(user_id), self._now()
            sql = (
                "SELECT DISTINCT exchange_id FROM turns JOIN exchanges ON exchanges.id = exchange_id WHERE user_id = ?"
            )
            exchange = self._ids(f"{sql} AND turns.id {IDS}", user, self._list(turns))
            if len(exchange) != 1:
                raise ContractError(
                    f"cannot keep photos: expected turns of one exchange, got {len(exchange)} exchanges"
                )
            for photo in photos:
                known = self._ids("SELECT id FROM photos WHERE user_id = ? AND sha256 = ?", user, photo.name)
                sql = "INSERT INTO photos (user_id, sha256, png, thumbnail, created_at) VALUES (?, ?, ?, ?, ?)"
                if not known:
                    known = [self._run(sql, user, photo.name, photo.png, photo.thumbnail, now)]
                ids.append(known[0])
                self._run("INSERT OR IGNORE INTO exchange_photos VALUES (?, ?)", exchange[0], ids[-1])
        return ids

    def put_photo_rows(self, name: str, encoder: str, rows: NDArray[np.float32]) -> None:
        """What the encoder called `encoder` makes of the photo called `name`: float32 `[tokens, hidden]`.

        It takes the place of another encoder's. Raises `ContractError` for other numbers.
        """
        if rows.dtype != np.float32 or rows.ndim != 2 or 0 in rows.shape or not np.isfinite(rows).all():
            raise ContractError(
                f"wrong embedding of a photo: expected finite float32 [tokens, hidden], got {rows.dtype} "
                f"{list(rows.shape)}; run the encoder again"
            )
        sql = "INSERT OR REPLACE INTO photo_embeddings SELECT id, ?, ?, ? FROM photos WHERE sha256 = ?"
        with self.writing():
            self._run(sql, encoder, len(rows), rows.astype("<f4").tobytes(), name)

    def photo_rows(self, name: str, encoder: str) -> NDArray[np.float32] | None:
        """What `put_photo_rows` kept of this photo by this encoder, None for nothing."""
        sql = (
            "SELECT tokens, vectors FROM photo_embeddings JOIN photos ON photos.id = photo_id WHERE sha256 = ? AND "
            "encoder = ? LIMIT 1"
        )
        for tokens, vectors in self.rows(sql, name, encoder):
            return np.frombuffer(vectors, "<f4").reshape(tokens, -1).astype(np.float32)
        return None

    def photo_names(self) -> list[str]:
        """The names of all photos of all users."""
        return [row[0] for row in self.rows("SELECT DISTINCT sha256 FROM photos ORDER BY 1")]

    def photo_pixels(self, name: str) -> Pixels:
        """The pixels of a photo by its name; raises `ConfigError` for an unknown one, `StoreError` for damage."""
        found = self.rows("SELECT png FROM photos WHERE sha256 = ? LIMIT 1", name)
        if not found:
            raise ConfigError(f"no photo {name}: expected the sha256 of one that is kept, got another; add it again")
        problem = photo_problem(name, found[0][0])
        if problem:
            raise StoreError(f"the store {self.path} is damaged: {problem}; restore it from a copy", "invalid values")
        return read_png(found[0][0])

    def count_photos(self, user_id: str) -> int:
        """How many photos the user has."""
        return int(self.rows(f"SELECT count(*) FROM ({_PHOTOS})", user_id)[0][0])

    def photos(self, user_id: str) -> list[StoredPhoto]:
        """Every photo of the user, oldest first."""
        return self._with_turns(user_id, [StoredPhoto(*row) for row in self.rows(f"{_PHOTOS} ORDER BY 1", user_id)])

    def photo(self, user_id: str, photo_id: int) -> StoredPhoto:
        """The user's photo with this id; raises `ConfigError` where the user has none."""
        found = self.rows_by_id(f"{_PHOTOS} AND photos.id", [photo_id], user_id)
        if not found:
            raise ConfigError(f"no photo {photo_id}: expected the id of a photo of {user_id}, got none; list them")
        return self._with_turns(user_id, [StoredPhoto(*found[0])])[0]

    def photo_png(self, user_id: str, photo_id: int, is_thumbnail: bool = False) -> bytes:
        """The PNG of the user's photo, or of its thumbnail; raises `ConfigError` as above."""
        photo, column = self.photo(user_id, photo_id), "thumbnail" if is_thumbnail else "png"
        png: bytes = self.rows(f"SELECT {column} FROM photos WHERE id = ?", photo.id)[0][0]
        return png

    def photos_behind(self, user_id: str, memories: Sequence[int]) -> dict[int, list[int]]:
        """By a memory's id the photos that came with what it was taken from or reworded by; without the others."""
        sql = (
            "SELECT DISTINCT memory_id, photo_id FROM provenance JOIN turns ON turns.id = turn_id JOIN exchange_photos "
            "USING (exchange_id) JOIN memories ON memories.id = memory_id JOIN users ON users.id = user_id "
            f"WHERE {_OWN} AND +users.name = ? AND memory_id"
        )
        return _grouped(self.rows_by_id(sql, memories, user_id))

    def photos_with(self, user_id: str, turns: Sequence[int]) -> dict[int, list[int]]:
        """By a turn's id the photos that came with its exchange; without the others."""
        return self._photos_of(user_id, turns, "exchanges.id")

    def photos_beside(self, user_id: str, turns: Sequence[int]) -> dict[int, list[int]]:
        """By a turn's id the photos of the exchange before or after its own in the session; without the others."""
        return self._photos_of(user_id, turns, *_BESIDE)

    def _photos_of(self, user_id: str, turns: Sequence[int], *exchanges: str) -> dict[int, list[int]]:
        sql = (
            f"SELECT turns.id, photo_id FROM turns JOIN exchanges ON exchanges.id = turns.exchange_id JOIN users ON "
            f"users.id = user_id JOIN exchange_photos ON exchange_photos.exchange_id IN ({', '.join(exchanges)}) "
            "WHERE +users.name = ? AND turns.id"
        )
        return _grouped(self.rows_by_id(sql, turns, user_id))

    def _with_turns(self, user_id: str, photos: Sequence[StoredPhoto]) -> list[StoredPhoto]:
        sql = f"{TURNS_WITH} WHERE +users.name = ? AND photo_id"
        said: dict[int, list[Turn]] = {}
        for row in sorted(self.rows_by_id(sql, [photo.id for photo in photos], user_id), key=lambda row: row[0]):
            said.setdefault(row["photo_id"], []).append(to_turn(row))
        return [StoredPhoto(p.id, p.name, p.created_at, tuple(said.get(p.id, ()))) for p in photos]

    def forget_photos(self, user_id: str, ids: Sequence[int]) -> Forgotten:
        """Forget photos of the user with the exchanges they came with and what came of these, as `forget_session`.

        Raises `ConfigError` for an id that is not the user's, nothing is forgotten then; `StoreError` as above.
        """
        self._refuse_inside_a_block()
        with self.writing():
            for photo in ids:
                self.photo(user_id, photo)
            user, wanted = self.user_row(user_id), json.dumps(sorted(set(ids)))
            said = self._ids(f"SELECT DISTINCT exchange_id FROM exchange_photos WHERE photo_id {IDS}", wanted)
            forgotten = self._forget_said(user or 0, said)
        self.erase()
        return forgotten


def _grouped(rows: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for owner, photo in sorted((row[0], row[1]) for row in rows):
        if photo not in found.setdefault(owner, []):
            found[owner].append(photo)
    return found
