"""Kept photos: bytes and names, normalised numbers, PNG files, which way is up."""

import io
import struct

import numpy as np
import pytest

from runtime_py.errors import ContractError, ImageError
from runtime_py.images import KEPT_SIDE, Normalisation, kept_bytes, key_of, png_bytes, read_kept, upright
from runtime_py.images.orientation import orientation_of
from tests.runtime_py.images.sources import source


def test_what_is_kept_is_read_back() -> None:
    pixels = source("noise", 1, 37, 21)
    data = kept_bytes(pixels)
    assert data[:16] == b"MLPX\x01\0\0\0" + struct.pack("<II", 37, 21)
    assert np.array_equal(read_kept(data), pixels)
    assert not read_kept(data).flags.writeable


def test_a_name_is_of_pixels_and_shape() -> None:
    pixels = source("noise", 1, 6, 4)
    assert key_of(pixels) == key_of(np.asfortranarray(pixels))
    assert key_of(pixels) != key_of(pixels.reshape(6, 4, 3))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: b"", "begins with MLPX"),
        (lambda data: b"MLPY" + data[4:], "begins with MLPX"),
        (lambda data: data[:4] + b"\x02" + data[5:], "version 1, got 2"),
        (lambda data: data[:6] + b"\x01" + data[7:], "version 1"),
        (lambda data: data[:8] + struct.pack("<II", 0, 4) + data[16:], "sides of 1 to 512"),
        (lambda data: data[:8] + struct.pack("<II", 4, KEPT_SIDE + 1) + data[16:], "sides of 1 to 512"),
        (lambda data: data[:-1], "expected 64 bytes"),
        (lambda data: data + b"x", "expected 64 bytes"),
    ],
)
def test_other_bytes_are_refused(change, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ImageError, match=said):
        read_kept(change(kept_bytes(source("noise", 1, 4, 4))))


def test_a_large_picture_is_not_kept() -> None:
    with pytest.raises(ContractError, match="at most 512 pixels, got 513 x 1"):
        kept_bytes(source("noise", 1, 513, 1))


def test_a_png_is_what_pillow_reads() -> None:
    pytest.importorskip("PIL")
    from PIL import Image

    for size in ((1, 1), (37, 21), (200, 3)):
        pixels = source("gradient", 9, *size)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(pixels)))), pixels)


def test_normalised_numbers_are_those_of_the_towers() -> None:
    """Of unit numbers as transformers' `rescale_and_normalize` computes: 255 times each in float32, then two steps."""
    every = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    made = Normalisation.of_unit(mean, std).apply(every)
    for channel in range(3):
        right = [
            (np.float32(value) - np.float32(mean[channel]) * np.float32(255))
            / (np.float32(std[channel]) * np.float32(255))
            for value in range(256)
        ]
        assert made.dtype == np.float32
        assert made[channel, 0].tolist() == [float(number) for number in right]
    lite = Normalisation((127.0, 127.0, 127.0), (128.0, 128.0, 128.0)).apply(every)
    assert np.array_equal(lite[0, 0] * 128, np.arange(256) - 127.0)


@pytest.mark.parametrize("std", [(0.0, 1.0, 1.0), (float("nan"), 1.0, 1.0), (1e-9, 1.0, 1.0), (1.0, 1.0)])
def test_impossible_normalisations_are_refused(std: tuple[float, float, float]) -> None:
    with pytest.raises(ContractError, match="wrong normalisation"):
        Normalisation((0.0, 0.0, 0.0), std)


def exif(order: str, value: int, kind: int = 3, count: int = 1) -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x112, kind, count, value, 0)
    return head + struct.pack(f"{order}IH", 8, 1) + entry + b"\0" * 4


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_is_read(order: str) -> None:
    for value in range(1, 9):
        assert orientation_of(exif(order, value)) == value
        assert orientation_of(b"Exif\0\0" + exif(order, value)) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"II*\0", b"nonsense" * 3, exif("<", 0), exif("<", 9), exif("<", 6, kind=4), exif("<", 6, count=2)]
    + [exif(">", 6)[:cut] for cut in (8, 10, 15, 20)]
    + [b"II*\0\xff\xff\xff\xff" + b"\0" * 40, b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 30],
)
def test_no_orientation_is_upright(data: bytes) -> None:
    assert orientation_of(data) == 1


def test_another_orientation_is_refused() -> None:
    with pytest.raises(ContractError, match="expected 1 to 8, got 9"):
        upright(source("noise", 1, 2, 2), 9)
