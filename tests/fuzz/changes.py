"""Changes of files: of bytes, of numbers, of parts, and of values within JSON."""

import json
from random import Random
from typing import Any

_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**63,
        2**64,
        10**400,
        0.5,
        -0.0,
        1e308,
        "",
        "a",
        "\0",
        "\u2028",
        "../x",
        "con",
    ),
    *([], {}, [[]], ["a"], {"a": 1}, "0" * 64, "x" * 10_000, "e\u0301", "\U0010ffff"),
)


def changed(numbers: Random, data: bytes) -> bytes:
    """`data` after one to four changes."""
    if data[:1] in (b"{", b"[") and numbers.random() < 0.7:
        try:
            return _changed_json(numbers, json.loads(data))
        except (ValueError, RecursionError):
            pass
    out = bytearray(data)
    for _ in range(numbers.randint(1, 4)):
        out = _changed_bytes(numbers, out)
    return bytes(out)


def _changed_bytes(numbers: Random, out: bytearray) -> bytearray:
    if not out:
        return bytearray(numbers.randbytes(numbers.randint(1, 40)))
    at, kind = numbers.randrange(len(out)), numbers.randrange(7)
    if kind == 0:
        out[at] ^= 1 << numbers.randrange(8)
    elif kind == 1:
        out[at] = numbers.randrange(256)
    elif kind == 2:
        size = numbers.choice((2, 4, 8))
        at -= at % size
        out[at : at + size] = (numbers.choice(_NUMBERS) % (1 << 8 * size)).to_bytes(size, "little")
    elif kind == 3:
        del out[at : at + numbers.randint(1, 64)]
    elif kind == 4:
        out[at:at] = out[numbers.randrange(len(out)) :][: numbers.randint(1, 64)]
    elif kind == 5:
        del out[at:]
    else:
        out[at:at] = numbers.randbytes(numbers.randint(1, 16))
    return out


def _changed_json(numbers: Random, value: Any) -> bytes:
    for _ in range(numbers.randint(1, 3)):
        holder, key = _place(numbers, value)
        if holder is None:
            continue
        kind = numbers.randrange(4)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[numbers.choice(("x", "", "format", "a" * 300))] = holder[key]
        else:
            other, place = _place(numbers, value)
            holder[key] = (
                numbers.choice(_VALUES) if kind == 2 or other is None else json.loads(json.dumps(other[place]))
            )
    return json.dumps(value, ensure_ascii=numbers.random() < 0.5).encode("utf-8", "surrogatepass")


def _place(numbers: Random, value: Any) -> tuple[Any, Any]:
    """A container within `value` and a key of it, at any depth; None where there is none."""
    holder, key = None, None
    while isinstance(value, dict | list) and value:
        holder, key = value, numbers.choice(list(value)) if isinstance(value, dict) else numbers.randrange(len(value))
        value = holder[key]
        if numbers.random() < 0.2:
            break
    return holder, key
