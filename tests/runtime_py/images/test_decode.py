"""Decoding: every kind of pixels, what is refused and with which sentence, memory."""

import io
import random
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_py.errors import ImageError, MissingExtraError
from runtime_py.images import Pixels, decode, fit_size, resize
from tests.fuzz.changes import changed
from tests.runtime_py.images.sources import source

pytest.importorskip("PIL")
from PIL import Image, ImageOps, PngImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 60, height: int = 40) -> Image.Image:
    return Image.fromarray(source("gradient", 3, width, height))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, before: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_small_photo_is_what_pillow_decodes(kind: str) -> None:
    data = saved(photo(), kind)
    assert np.array_equal(decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("way", range(1, 9))
def test_a_turned_photo_is_set_upright(kind: str, way: int) -> None:
    exif = Image.Exif()
    exif[0x112] = way
    data = saved(photo(), kind, exif=exif)
    assert np.array_equal(decode(data), np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))))


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (513, 100), (1100, 700)])
def test_a_large_photo_fits(size: tuple[int, int]) -> None:
    pixels = source("noise", 4, *size)
    right = pixels if max(size) <= 512 else resize(pixels, *fit_size(*size, 512))
    assert np.array_equal(decode(saved(Image.fromarray(pixels), "PNG")), right)


def test_a_large_jpeg_is_decoded_at_a_half_or_less() -> None:
    """As its decoder does it, where twice of what is wanted is left; the picture is the same to the eye."""
    data = saved(photo(2400, 1700), "JPEG", quality=95)
    whole = resize(np.asarray(Image.open(io.BytesIO(data))), *fit_size(2400, 1700, 512))
    half = Image.open(io.BytesIO(data))
    half.draft(None, (1024, 726))
    made = decode(data)
    assert half.size == (1200, 850)
    assert np.array_equal(made, resize(np.asarray(half), *fit_size(2400, 1700, 512)))
    assert np.abs(made.astype(int) - whole).mean() < 3


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK"])
def test_kinds_of_pixels(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    data = saved(photo().convert(mode), kind)
    made, right = decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(made, right)


def test_alpha_lies_on_white() -> None:
    colours = source("noise", 6, 16, 16)
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    made = decode(saved(Image.fromarray(np.concatenate([colours, alpha], axis=2)), "PNG"))
    exact = (colours * (alpha / 255.0) + 255 * (1 - alpha / 255.0)).round()
    assert np.abs(made - exact).max() == 0
    assert (made[0, 0] == 255).all()


@pytest.mark.parametrize("kind", ["P", "L", "RGB"])
def test_a_transparent_colour_is_white(kind: str) -> None:
    picture = Image.new("L", (4, 4), 7).convert(kind)
    picture.putpixel((0, 0), 9 if kind != "RGB" else (9, 9, 9))
    transparent: Any = (7, 7, 7) if kind == "RGB" else 7
    made = decode(saved(picture, "PNG", transparency=transparent))
    assert (made[1:] == 255).all()
    assert (made[0, 0] != 255).all()


def test_sixteen_bits_keep_the_upper_eight() -> None:
    values = np.arange(0, 65536, 257, dtype=">u2").reshape(16, 16)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    assert np.array_equal(decode(png(16, 16, 16, 0, rows))[:, :, 1], values >> 8)
    colours = np.repeat(values[:, :, None], 3, axis=2)
    rows = b"".join(b"\0" + row.tobytes() for row in colours)
    assert np.array_equal(decode(png(16, 16, 16, 2, rows)), colours >> 8)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    seen = decode(png(16, 16, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 257 * 9))))
    assert (seen[0, 9] == 255).all()
    assert (seen[0, 8] == 8).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame(kind: str) -> None:
    first, second = Image.new("RGB", (20, 10), (200, 0, 0)), Image.new("RGB", (20, 10), (0, 0, 200))
    data = saved(first, kind, save_all=True, append_images=[second], duration=100)
    assert Image.open(io.BytesIO(data)).n_frames == 2  # type: ignore[attr-defined]
    made: Pixels = decode(data)
    assert np.abs(made.astype(int) - (200, 0, 0)).max() < 8


@pytest.mark.parametrize("name", ["exif", "transparency", "icc_profile", "Raw profile type exif"])
@pytest.mark.parametrize("mode", ["RGB", "P", "L"])
def test_texts_in_a_png_are_no_facts(name: str, mode: str) -> None:
    """Pillow has both under one name."""
    said = PngImagePlugin.PngInfo()
    said.add_text(name, "words", zip=True)
    said.add_itxt(name, "words")
    picture = photo().convert(mode)
    assert np.array_equal(decode(saved(picture, "PNG", pnginfo=said)), decode(saved(picture, "PNG")))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_cut_file_is_refused(kind: str) -> None:
    """Wherever it is cut, unless only the end mark is lost and every pixel is there."""
    data = saved(Image.fromarray(source("noise", 8, 90, 70)), kind)
    whole = decode(data)
    for cut in [*range(40), *range(40, len(data), max(1, len(data) // 60)), len(data) - 1]:
        if cut > len(data) - 20:
            with suppress(ImageError):
                assert np.array_equal(decode(data[:cut]), whole)
            continue
        with pytest.raises(ImageError, match=r"^a\.picture: expected .*$"):
            decode(data[:cut], "a.picture")


@pytest.mark.parametrize("kind", FORMATS)
def test_changed_files_are_taken_or_refused(kind: str) -> None:
    """JPEG for a minute in `tests/fuzz`; here a few of each format, in time."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201
    dice, good = random.Random(seed), saved(photo(), kind)
    started = time.process_time()
    for _ in range(100):
        with suppress(ImageError):
            assert max(decode(changed(dice, good)).shape) <= 512
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "got 0 bytes"),
        (b"hello, I am a text", "got other bytes"),
        (b"\0\0\0\x18ftypheic", "got a HEIC file, which has no decoder"),
        (b"\0\0\0\x18ftypavif", "got a AVIF file"),
        (b"\0\0\0\x18ftypmp42", "got a video file"),
        (b"II*\0\x08\0\0\0", "got a TIFF or raw camera file"),
        (b"%PDF-1.7", "got a PDF file"),
        (b"<?xml version='1.0'?><svg>", "got a SVG file"),
        (b"\xff\xd8\xff", "damaged or truncated"),
        (b"RIFF\0\0\0\0WEBP", "damaged or truncated"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        decode(data)


def test_zero_size_is_refused() -> None:
    with pytest.raises(ImageError, match="damaged or truncated"):
        decode(png(0, 4, 8, 2, b""))


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (60_000, 60_000, "at most 256000000 pixels"),
        (70_000, 2, "sides of at most 65535"),
        (15_000, 15_000, "at most 512 MiB to decode, got 15000 x 15000 pixels that take 858"),
    ],
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        decode(png(width, height, 8, 2, b"\0"))
    webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + (16_383).to_bytes(3, "little") * 2
    with pytest.raises(ImageError, match="pixels"):
        decode(webp)


def test_a_jpeg_of_many_scans_is_refused() -> None:
    data = saved(photo(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(ImageError, match="at most 64 scans"):
        decode(data[:at] + data[at:-2] * 70 + data[-2:])


def test_a_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime_py.files.limits import MAX_BYTES

    monkeypatch.setitem(MAX_BYTES, "photo", 100)
    with pytest.raises(ImageError, match="at most 100 bytes"):
        decode(saved(photo(), "PNG"))


def test_without_pillow_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"memlora\[vision\]"):
        decode(saved(photo(), "PNG"))


def test_the_room_is_imported_without_pillow() -> None:
    code = "import sys, runtime_py.images; assert not any(m.split('.')[0] == 'PIL' for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


_MEASURE = """
import resource, sys
from runtime_py.images import decode
import PIL.JpegImagePlugin, PIL.PngImagePlugin
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(decode(data).shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is in KiB on Linux alone")
def test_a_hundred_megapixels_stay_within_memory(tmp_path: Path) -> None:
    """A JPEG in a few MiB, a grey PNG in what its pixels take: a byte each, and no second picture."""
    Image.linear_gradient("L").resize((12_000, 8_400)).save(tmp_path / "a.jpg")
    line = zlib.compressobj(1)
    rows = b"".join(line.compress(b"\0" * 12_001 * 100) for _ in range(84)) + line.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 12_000, 8_400, 8, 0, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    for name, most in (("a.jpg", 64), ("a.png", 160)):
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(tmp_path / name)],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        shape, grown = done.stdout.rsplit(" ", 1)
        assert shape == "(358, 512, 3)"
        assert int(grown) < most
