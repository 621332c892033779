"""Pictures beside the rows of a dataset, as a bundle's own encoder sees them."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from evaluation.figures.journal import fingerprint
from runtime_py.bundle import Bundle
from runtime_py.bundle.experts import Pictures
from runtime_py.errors import ConfigError, ImageError
from runtime_py.images import decode
from runtime_py.parts import Embeddings

_KEPT = 8  # pictures: the questions about one stand together


def picture_rows(bundle: Bundle, folder: Path, kept: int = _KEPT) -> Pictures:
    """By its name in `folder` the rows of a picture; those of the last `kept` are made once.

    Raises:
        ConfigError: a bundle without an eye; and, when it is asked for, a picture that cannot be read.
    """
    encoder = bundle.image_encoder()
    if encoder is None:
        raise ConfigError(f"{bundle.path}: expected a bundle that reads pictures, got one of text; export it with vqa")

    @lru_cache(maxsize=kept)
    def rows_of(name: str) -> Embeddings:
        try:
            return Embeddings(encoder.encode(decode((folder / name).read_bytes(), name)))
        except (OSError, ImageError) as e:
            raise _unreadable(folder / name, e) from e

    return rows_of


def pictures_sha256(folder: Path, names: Iterable[str]) -> str:
    """A hash of the named pictures' bytes, so that results of other ones are never taken for these.

    Raises:
        ConfigError: one that is missing.
    """
    parts = []
    for name in sorted(set(names)):
        try:
            parts.append([name, fingerprint(folder / name)])
        except OSError as e:
            raise _unreadable(folder / name, e) from e
    return fingerprint(parts)


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return ConfigError(f"{path}: expected a picture, got none that can be read: {error}")
