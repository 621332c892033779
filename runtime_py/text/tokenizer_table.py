"""The head of a `tokenizer.bin`, the compiled form of a `tokenizer.json` (docs/tokenizer-format.md).

Python reads the `tokenizer.json` itself; of a table it only checks that it was made of it.
"""

import struct
from pathlib import Path

from runtime_py.errors import BundleError

MAGIC = b"MLTK"
VERSION = 1
HEADER = struct.Struct("<4sHH32s6I")
"""Magic, version, zero, the document's sha256, bytes of the file, model, its flags, ids, unknown id, longest word."""


def check_table(path: Path, document_sha256: str, origin: str) -> None:
    """The table at `path` was compiled from the document with this hash, named `origin`; else `BundleError`."""
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size or head[:4] != MAGIC:
        raise _malformed(path, f"a {HEADER.size}-byte head that starts with {MAGIC!r}", repr(head[:8]))
    _, version, reserved, digest, size, *_ = HEADER.unpack(head)
    if version != VERSION or reserved != 0:
        raise _malformed(path, f"version {VERSION}", f"version {version} with reserved field {reserved}")
    if size != path.stat().st_size:
        raise _malformed(path, f"{size} bytes", f"{path.stat().st_size} bytes")
    if digest.hex() != document_sha256:
        raise BundleError(
            f"foreign {path.name}: expected the table of {origin} with sha256 {document_sha256}, got that of "
            f"{digest.hex()}; fetch or export the bundle again",
            "unlinkable parts",
        )


def _malformed(path: Path, expected: str, got: str) -> BundleError:
    message = f"malformed {path.name}: expected {expected}, got {got}; fetch or export the bundle again"
    return BundleError(message, "malformed bytes")
