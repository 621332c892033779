"""A photo as it is kept and named: its pixels after decoding, resizing and turning; no place, no date.

Decoders of JPEG differ in the last bit, so a photo is decoded once, when it is saved; what is computed from it later is
computed from these bytes. The name is the sha256 of the bytes.
"""

import hashlib
import struct

import numpy as np

from runtime_py.errors import ContractError, ImageError
from runtime_py.images.resize import Pixels, check_pixels

KEPT_SIDE = 512
"""The longest side of a kept photo, in pixels: what the largest of the small vision towers takes."""

_HEAD = struct.Struct("<4sHHII")
_MAGIC, _VERSION = b"MLPX", 1


def kept_bytes(pixels: Pixels) -> bytes:
    """uint8 `[H, W, 3]`, no side above `KEPT_SIDE` -> the bytes that are kept. Raises `ContractError`."""
    check_pixels(pixels)
    height, width, _ = pixels.shape
    if max(height, width) > KEPT_SIDE:
        raise ContractError(
            f"large picture: expected sides of at most {KEPT_SIDE} pixels, got {width} x {height}; resize it first"
        )
    return _HEAD.pack(_MAGIC, _VERSION, 0, width, height) + pixels.tobytes()


def key_of(pixels: Pixels) -> str:
    """The name of a photo: hex sha256 of its kept bytes."""
    return hashlib.sha256(kept_bytes(pixels)).hexdigest()


def read_kept(data: bytes, name: str = "the kept photo") -> Pixels:
    """The pixels, read-only. Raises `ImageError` for bytes that `kept_bytes` did not write."""
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise ImageError(f"{name}: expected a kept photo that begins with MLPX, got other bytes; save the photo again")
    _, version, reserved, width, height = _HEAD.unpack_from(data)
    if version != _VERSION or reserved:
        raise ImageError(f"{name}: expected a kept photo of version {_VERSION}, got {version}; update memlora")
    if not 1 <= width <= KEPT_SIDE or not 1 <= height <= KEPT_SIDE:
        raise ImageError(f"{name}: expected sides of 1 to {KEPT_SIDE}, got {width} x {height}; save the photo again")
    if len(data) != _HEAD.size + width * height * 3:
        raise ImageError(
            f"{name}: expected {_HEAD.size + width * height * 3} bytes for {width} x {height} pixels, got {len(data)}; "
            "save the photo again"
        )
    return np.frombuffer(data, np.uint8, offset=_HEAD.size).reshape(height, width, 3)
