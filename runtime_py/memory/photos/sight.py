"""What a bundle's encoder makes of the photos of one store: each photo once, by its name and the encoder's."""

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import RLock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ConfigError
from runtime_py.images import Pixels
from runtime_py.parts import Embeddings
from runtime_py.progress import Progress, Steps, silent
from runtime_py.store import Photo, Store

ENCODED = "photos encoded"
Rows = NDArray[np.float32]


class Encoder(Protocol):
    """Vision tower and projector of a bundle; `identity` is another one where either would make other rows."""

    @property
    def identity(self) -> str: ...

    def encode(self, pixels: Pixels) -> Rows:
        """uint8 `[H, W, 3]` -> float32 `[tokens, hidden]`."""
        ...


class Sight:
    """An encoder beside the store that keeps what it makes. Usable from any thread; one encodes at a time.

    `open_encoder` is called at the first photo: it reads the weights of the tower.
    """

    def __init__(self, open_encoder: Callable[[], Encoder | None], store: Store) -> None:
        self._open_encoder = open_encoder
        self._store = store
        self._lock = RLock()

    @cached_property
    def _encoder(self) -> Encoder:
        with self._lock:
            encoder = self._open_encoder()
        if encoder is None:
            raise ConfigError("cannot look at photos: expected a bundle with vision, got one without; take another")
        return encoder

    def encode_new(self, photos: Sequence[Photo]) -> dict[str, Rows]:
        """By name the rows of those of `photos` that the store has none of by this encoder; nothing is written."""
        identity = self._encoder.identity
        unknown = [photo for photo in photos if self._store.photo_rows(photo.name, identity) is None]
        return {photo.name: self._encode(photo.pixels) for photo in unknown}

    def keep(self, rows: dict[str, Rows]) -> None:
        """Write what `encode_new` gave beside photos that are stored by now."""
        for name, made in rows.items():
            self._store.put_photo_rows(name, self._encoder.identity, made)

    def rows_of(self, name: str) -> Embeddings:
        """The rows of the stored photo called `name`; encoded now where the store has none by this encoder.

        Raises `ConfigError` for an unknown name.
        """
        rows = self._store.photo_rows(name, self._encoder.identity)
        if rows is None:
            rows = self._encode(self._store.photo_pixels(name))
            self.keep({name: rows})
        return Embeddings(rows)

    def reencode(self, progress: Progress = silent) -> int:
        """Encode every photo of the store that has no rows by this encoder; how many there are in all."""
        names = self._store.photo_names()
        told = Steps(progress, ENCODED, len(names))
        for name in names:
            self.rows_of(name)
            told.advance()
        return len(names)

    def _encode(self, pixels: Pixels) -> Rows:
        with self._lock:
            return self._encoder.encode(pixels)
