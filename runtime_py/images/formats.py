"""Tells a picture's format by its first bytes, so that no decoder is asked about bytes that are not its own."""

from runtime_py.errors import ImageError

DECODED = ("JPEG", "PNG", "WebP", "GIF", "BMP")
"""Formats that are decoded: those that Android 8 knows too."""

_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF or raw camera"),
    (b"MM\0*", "TIFF or raw camera"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\0\0\1\0", "ICO"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"\x1a\x45\xdf\xa3", "video"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"mif1": "HEIF"}


def format_of(data: bytes, name: str) -> str:
    """One of `DECODED`. Raises `ImageError`, which names a format that is known but not decoded."""
    if not data:
        raise ImageError(f"{name}: expected a picture, got 0 bytes; choose another file")
    found = _found(data)
    if found in DECODED:
        return found
    formats = ", ".join(DECODED)
    if found:
        raise ImageError(
            f"{name}: expected one of {formats}, got a {found} file, which has no decoder here; save it as JPEG or PNG"
        )
    raise ImageError(f"{name}: expected a picture ({formats}), got other bytes; choose another file")


def _found(data: bytes) -> str:
    for beginning, found in _BEGINNINGS:
        if data.startswith(beginning):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video")
    if b"<svg" in data[:1024].lower():
        return "SVG"
    return ""


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in a WebP file's head, None where none is: its decoder takes memory before it tells them."""
    kind, head = data[12:16], data[20:30]
    if len(head) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L" and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    return None
