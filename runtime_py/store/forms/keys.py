"""The key of an exchange: a hash of bytes that any language can write (`docs/store-format.md`)."""

import hashlib
from collections.abc import Sequence
from datetime import date

from runtime_py.store.forms.letters import compose

_KIND = b"memlora exchange 1\0"


def exchange_key(
    session: str, day: date | None, place: str, said: Sequence[tuple[str, str, str]], photos: Sequence[str] = ()
) -> str:
    """Hex sha256 of who said what, on which day and where; `said` holds (role, speaker, text), `photos` their names.

    Hashed are the bytes `memlora exchange 1`, a zero, then session, day (ISO, nothing when unknown) and place, the
    number of messages as uint32, and role, speaker and text of each. A text is its length in bytes as uint32, then its
    UTF-8 in normal form C. With photos follow their number as uint32 and their names, in order, a text each. Numbers
    are little-endian.
    """
    parts = [_KIND, *map(_bytes, (session, day.isoformat() if day else "", place)), _number(len(said))]
    parts += [_bytes(text) for message in said for text in message]
    parts += [_number(len(photos)), *map(_bytes, photos)] if photos else []
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _bytes(text: str) -> bytes:
    data = compose(text).encode()
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")
