"""Rows of a picture as Pillow decoded it -> 8-bit RGB, a few at a time so that no second whole picture is made."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runtime_py.errors import ImageError
from runtime_py.images.resize import Pixels, Rows

if TYPE_CHECKING:
    from PIL.Image import Image

BACKGROUND = 255
"""White lies behind what is not opaque, as on a page."""

_SIXTEEN_BITS = "I;16"
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK")


def rows_of(image: "Image", name: str) -> Rows:
    """The rows of a decoded picture. Raises `ImageError` for a kind of pixels that no format of ours has."""
    if image.mode not in (_SIXTEEN_BITS, *_MODES):
        raise ImageError(
            f"{name}: expected grey, palette, RGB or CMYK pixels, got {image.mode}; save it as an RGB JPEG or PNG"
        )

    def rows(top: int, end: int) -> Pixels:
        part = image.crop((0, top, image.width, end))
        if image.mode == _SIXTEEN_BITS:
            return _sixteen_bits(np.asarray(part), image.info.get("transparency"))
        if part.has_transparency_data:
            return _on_background(np.asarray(part.convert("RGBA")))
        return np.asarray(part.convert("RGB"))

    return rows


def _sixteen_bits(grey: NDArray[np.uint16], transparent: object) -> Pixels:
    """The upper 8 bits of grey `[h, W]`; `transparent` is the one value that shows the background."""
    upper = (grey >> 8).astype(np.uint8)
    if isinstance(transparent, int):
        upper[grey == transparent] = BACKGROUND
    return np.repeat(upper[:, :, None], 3, axis=2)


def _on_background(colours: Pixels) -> Pixels:
    """RGBA `[h, W, 4]` over `BACKGROUND`, rounded to the nearest: (colour * alpha + white * (255 - alpha)) / 255."""
    alpha = colours[:, :, 3:].astype(np.uint32)
    mixed = colours[:, :, :3] * alpha + BACKGROUND * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
