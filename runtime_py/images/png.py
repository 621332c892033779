"""Pixels as a PNG file, for pages and viewers; nothing reads it back."""

import struct
import zlib

import numpy as np

from runtime_py.images.resize import Pixels, check_pixels

_UP = 2  # each row as what it adds to the row above


def png_bytes(pixels: Pixels) -> bytes:
    """uint8 `[H, W, 3]` -> a PNG without loss. Raises `ContractError` for other pixels."""
    check_pixels(pixels)
    height, width, _ = pixels.shape
    lines = pixels.reshape(height, width * 3)
    above = np.concatenate([np.zeros_like(lines[:1]), lines[:-1]])
    rows = np.concatenate([np.full((height, 1), _UP, np.uint8), lines - above], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
