"""A photo as a store keeps it: a PNG of its pixels, one of its thumbnail, and the name that the pixels have."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from runtime_py.errors import ImageError
from runtime_py.images import Pixels, fit_size, key_of, png_bytes, read_png, resize

THUMBNAIL_SIDE = 128


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo that is to be kept: uint8 `[H, W, 3]`, no side above 512 (`runtime_py.images.decode` makes it)."""

    pixels: Pixels

    @cached_property
    def name(self) -> str:
        """Hex sha256 of its kept bytes."""
        return key_of(self.pixels)

    @cached_property
    def png(self) -> bytes:
        """The pixels without loss."""
        return png_bytes(self.pixels)

    @cached_property
    def thumbnail(self) -> bytes:
        """A PNG whose longer side is 128, of a smaller photo the photo itself."""
        return png_bytes(thumbnail_of(self.pixels))

    def pack(self) -> None:
        """Make both files now: it takes long enough that nobody should wait for it with the write lock."""
        _ = self.name, self.png, self.thumbnail


def thumbnail_of(pixels: Pixels) -> Pixels:
    """The pixels of a photo's thumbnail: bicubic, the longer side `THUMBNAIL_SIDE`, nothing enlarged."""
    height, width, _ = pixels.shape
    return resize(pixels, *fit_size(width, height, THUMBNAIL_SIDE)) if max(height, width) > THUMBNAIL_SIDE else pixels


def photo_problem(name: str, png: bytes, thumbnail: bytes | None = None) -> str | None:
    """What is wrong with a stored photo, as `expected .., got ..`; None where all is well."""
    try:
        pixels = read_png(png)
        small = read_png(thumbnail) if thumbnail is not None else None
    except ImageError as e:
        return str(e)
    if key_of(pixels) != name:
        return "expected the pixels that a photo is named by, got others"
    if small is not None and not np.array_equal(small, thumbnail_of(pixels)):
        return "expected the thumbnail of a photo, got another's"
    return None
