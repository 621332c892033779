"""A photo's file -> upright 8-bit RGB, no side above `KEPT_SIDE`: the one decoding of its life (docs/image-format.md).

Pillow decodes (extra `memlora[vision]`). Its decoders are called by name for the format that the first bytes tell, so
no other one sees foreign bytes, and with bounds of ours on what a header may ask for instead of Pillow's global one.
"""

import struct
import zlib
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from runtime_py.errors import ImageError, MissingExtraError
from runtime_py.files.limits import MAX_BYTES, MAX_JPEG_SCANS, MAX_PHOTO_BYTES, MAX_PIXELS, MAX_SIDE
from runtime_py.images.formats import format_of, webp_size
from runtime_py.images.kept import KEPT_SIDE
from runtime_py.images.modes import rows_of
from runtime_py.images.orientation import orientation_of, upright
from runtime_py.images.resize import Pixels, resize_rows
from runtime_py.images.square import fit_size

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_DECODERS = {  # Pillow's module and class, bytes of memory a pixel while one decodes
    "JPEG": ("JpegImagePlugin", "JpegImageFile", 4),
    "PNG": ("PngImagePlugin", "PngImageFile", 4),
    "WebP": ("WebPImagePlugin", "WebPImageFile", 20),  # a canvas for this frame and the last, and two copies
    "GIF": ("GifImagePlugin", "GifImageFile", 5),
    "BMP": ("BmpImagePlugin", "BmpImageFile", 4),
}
_DAMAGES = (  # what Pillow's decoders raise for damaged bytes
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, AssertionError),
    *(OverflowError, ZeroDivisionError, MemoryError, RuntimeError, struct.error, zlib.error),
)


def decode(data: bytes, name: str = "the photo") -> Pixels:
    """uint8 `[H, W, 3]`: the first frame, upright, on white, made smaller where a side is above `KEPT_SIDE`.

    Raises `ImageError` for bytes that are no whole picture, or too large a one; `MissingExtraError` without Pillow.
    """
    if len(data) > MAX_BYTES["photo"]:
        raise ImageError(f"{name}: expected at most {MAX_BYTES['photo']} bytes, got {len(data)}; save it smaller")
    kind = format_of(data, name)
    if kind == "WebP" and (size := webp_size(data)):
        _check_cost(name, size, size[0] * size[1] * _DECODERS[kind][2])
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise ImageError(f"{name}: expected a JPEG of at most {MAX_JPEG_SCANS} scans, got more; save it again")
    image, wanted = _loaded(data, kind, name)
    pixels = resize_rows(rows_of(image, name), image.size, wanted)
    return upright(pixels, orientation_of(image.info.get("exif") or b""))


def _drop_texts(image: "ImageFile") -> None:
    """Pillow keeps what a PNG says of itself in words beside its facts: a text called `exif` is no orientation."""
    for name in ("exif", "transparency"):
        if isinstance(image.info.get(name), str):
            del image.info[name]


def _loaded(data: bytes, kind: str, name: str) -> tuple["ImageFile", tuple[int, int]]:
    """The picture with its pixels decoded, and the size it is to get."""
    decoder, bomb = _decoder(kind)
    try:
        image: ImageFile = decoder(BytesIO(data))
        wanted = image.size if max(image.size) <= KEPT_SIDE else fit_size(*image.size, KEPT_SIDE)
        _reduce(image, kind, wanted, name)
        image.load()
        _drop_texts(image)
    except (*_DAMAGES, bomb) as e:
        told = " ".join(str(e).split())[:100] or type(e).__name__
        raise ImageError(
            f"{name}: expected a whole {kind} picture, got a damaged or truncated one ({told}); choose another file"
        ) from e
    return image, wanted


def _decoder(kind: str) -> tuple[Any, type[Exception]]:
    module, decoder, _ = _DECODERS[kind]
    try:
        bomb: type[Exception] = import_module("PIL.Image").DecompressionBombError
        return getattr(import_module(f"PIL.{module}"), decoder), bomb
    except ImportError as e:
        raise MissingExtraError(
            "no decoder of pictures: expected Pillow, found none; pip install 'memlora[vision]'"
        ) from e


def _reduce(image: "ImageFile", kind: str, wanted: tuple[int, int], name: str) -> None:
    """Before pixels are decoded: a JPEG is decoded at 1/2, 1/4 or 1/8 where twice what is wanted is left."""
    width, height = image.size
    coefficients = 0
    if kind == "JPEG":
        if image.info.get("progressive"):  # all of them are held, 2 bytes each, with less of colour than of light
            layers = [(across, down) for _, across, down, _ in image.layer]  # type: ignore[attr-defined]
            most = max(across for across, _ in layers) * max(down for _, down in layers)
            coefficients = 2 * width * height * sum(across * down for across, down in layers) // most
        image.draft(None, (2 * wanted[0], 2 * wanted[1]))
    _check_cost(name, (width, height), coefficients + image.width * image.height * _DECODERS[kind][2])


def _check_cost(name: str, size: tuple[int, int], memory: int) -> None:
    width, height = size
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: expected at most {MAX_PIXELS} pixels and sides of at most {MAX_SIDE}, got {width} x {height}; "
            "save it smaller"
        )
    if memory > MAX_PHOTO_BYTES:
        raise ImageError(
            f"{name}: expected a picture that takes at most {MAX_PHOTO_BYTES >> 20} MiB to decode, got {width} x "
            f"{height} pixels that take {memory >> 20}; save it smaller"
        )
