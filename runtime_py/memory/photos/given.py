"""Pictures as a caller gives them: a path, bytes, or pixels; each decoded once, before anything is stored."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from runtime_py.errors import ConfigError, ImageError
from runtime_py.files.limits import MAX_BYTES
from runtime_py.images import KEPT_SIDE, Pixels, decode, fit_size, resize
from runtime_py.images.resize import check_pixels
from runtime_py.store import Photo

Image = bytes | str | PathLike[str] | Pixels
"""A picture's file as bytes or by its path, or uint8 RGB `[H, W, 3]`, upright."""


def read_images(images: Sequence[Image]) -> tuple[Photo, ...]:
    """The photos as they are kept, in order, each once.

    Raises `ConfigError` for what is no list of pictures, `ImageError` for a file that cannot be read or is no whole
    picture, `ContractError` for pixels of another shape, `MissingExtraError` where no decoder is installed.
    """
    if not isinstance(images, list | tuple):
        raise ConfigError(f"wrong images: expected a list of pictures, got {type(images).__name__}; put it into a list")
    photos = [Photo(_pixels(image, number)) for number, image in enumerate(images, start=1)]
    return tuple({photo.name: photo for photo in photos}.values())


def _pixels(image: Image, number: int) -> Pixels:
    if isinstance(image, bytes | bytearray | memoryview):
        return decode(bytes(image), f"image {number}")
    if isinstance(image, str | PathLike):
        return decode(_read(Path(image)), str(image))
    if not isinstance(image, np.ndarray):
        raise ConfigError(
            f"wrong image {number}: expected bytes, a path or uint8 [H, W, 3], got {type(image).__name__}; mend it"
        )
    check_pixels(image)
    height, width, _ = image.shape
    size = (width, height) if max(width, height) <= KEPT_SIDE else fit_size(width, height, KEPT_SIDE)
    return np.ascontiguousarray(resize(image, *size))


def _read(path: Path) -> bytes:
    """The bytes of a file, one more than are allowed at most."""
    try:
        if path.exists() and not path.is_file():
            raise ImageError(f"{path}: expected a picture's file, got a folder or a device; name another")
        with path.open("rb") as file:
            return file.read(MAX_BYTES["photo"] + 1)
    except (OSError, ValueError) as e:  # a name with a zero is a ValueError
        told = e.strerror if isinstance(e, OSError) else e
        raise ImageError(f"{path}: expected a picture's file that can be read, got {told}; name another") from e
