"""Which way up a photo is: EXIF's orientation, read strictly and applied to pixels."""

import struct

from runtime_py.errors import ContractError
from runtime_py.images.resize import Pixels, check_pixels

UPRIGHT = 1
_TAG, _SHORT = 0x0112, 3
_ENTRY_BYTES = 12
_MAX_ENTRIES = 512


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The picture as it is to be seen; 1 to 8 as EXIF counts them. Raises `ContractError` for another number."""
    check_pixels(pixels)
    if not 1 <= orientation <= 8:
        raise ContractError(f"wrong orientation: expected 1 to 8, got {orientation}; give 1 where none is known")
    if orientation >= 5:  # rows are columns
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels.copy()


def orientation_of(exif: bytes) -> int:
    """The orientation in an EXIF block, with or without its `Exif` head; 1 where none can be read."""
    data = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    if start + 2 > len(data):
        return UPRIGHT
    (entries,) = struct.unpack_from(f"{order}H", data, start)
    for entry in range(min(entries, _MAX_ENTRIES)):
        at = start + 2 + entry * _ENTRY_BYTES
        if at + _ENTRY_BYTES > len(data):
            break
        tag, kind, count, value = struct.unpack_from(f"{order}HHIH", data, at)
        if tag == _TAG:
            return value if kind == _SHORT and count == 1 and 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
