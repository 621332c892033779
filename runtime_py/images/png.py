"""Pixels as a PNG file: what pages and viewers show, and how a store keeps a photo without loss."""

import struct
import zlib

import numpy as np

from runtime_py.errors import ImageError
from runtime_py.images.kept import KEPT_SIDE
from runtime_py.images.resize import Pixels, check_pixels

_UP = 2  # each row as what it adds to the row above
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">IIBBBBB")
_FORM = (8, 2, 0, 0, 0)  # bits a colour, RGB, deflate, filters by line, not interlaced


def png_bytes(pixels: Pixels) -> bytes:
    """uint8 `[H, W, 3]` -> a PNG without loss. Raises `ContractError` for other pixels."""
    check_pixels(pixels)
    height, width, _ = pixels.shape
    lines = pixels.reshape(height, width * 3)
    above = np.concatenate([np.zeros_like(lines[:1]), lines[:-1]])
    rows = np.concatenate([np.full((height, 1), _UP, np.uint8), lines - above], axis=1)
    head = _HEAD.pack(width, height, *_FORM)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def read_png(data: bytes, name: str = "the kept photo") -> Pixels:
    """The pixels of what `png_bytes` wrote, no side above `KEPT_SIDE`: one chunk of data, every line as what it adds.

    Raises `ImageError` for any other bytes, a PNG of another writer too: `decode` reads those.
    """
    width, height, packed = _opened(data, name)
    size = height * (1 + 3 * width)
    unpacker = zlib.decompressobj()
    try:
        lines = unpacker.decompress(packed, size + 1)
    except zlib.error as e:
        raise _other(name, f"damaged ones ({e})") from e
    if len(lines) != size or not unpacker.eof or unpacker.unused_data:
        raise _other(name, f"{len(lines)} bytes for {width} x {height} pixels")
    rows = np.frombuffer(lines, np.uint8).reshape(height, 1 + 3 * width)
    if (rows[:, 0] != _UP).any():
        raise _other(name, "lines of another filter")
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(height, width, 3)


def _opened(data: bytes, name: str) -> tuple[int, int, bytes]:
    """Width, height and the packed lines."""
    at, found = len(_SIGNATURE), list[tuple[bytes, bytes]]()
    while data[:at].startswith(_SIGNATURE) and at + 12 <= len(data) and len(found) < 4:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind, body, crc = data[at + 4 : at + 8], data[at + 8 : end - 4], data[end - 4 : end]
        if end > len(data) or zlib.crc32(kind + body) != int.from_bytes(crc, "big"):
            break
        found.append((kind, body))
        at = end
    if [kind for kind, _ in found] != [b"IHDR", b"IDAT", b"IEND"] or at != len(data) or len(found[0][1]) != _HEAD.size:
        raise _other(name, "other or damaged ones")
    width, height, *form = _HEAD.unpack(found[0][1])
    if tuple(form) != _FORM or not (1 <= width <= KEPT_SIDE and 1 <= height <= KEPT_SIDE):
        raise _other(name, f"{width} x {height} pixels of another form")
    return width, height, found[1][1]


def _other(name: str, got: str) -> ImageError:
    return ImageError(f"{name}: expected the bytes of a PNG that memlora wrote, got {got}; save the photo again")
