"""The head of a tokenizer's table."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_py.errors import BundleError
from runtime_py.text.tokenizer_table import check_table
from tests.tokenizers.goldens import COMMITTED

GOOD = (COMMITTED / "tables" / "gemma.bin").read_bytes()


@pytest.mark.parametrize(
    ("change", "message", "reason"),
    [
        (lambda data: data[:63], "a 64-byte head", "malformed bytes"),
        (lambda data: b"MLGR" + data[4:], "starts with b'MLTK'", "malformed bytes"),
        (lambda data: data[:4] + b"\2" + data[5:], "version 1, got version 2", "malformed bytes"),
        (lambda data: data[:6] + b"\1" + data[7:], "with reserved field 1", "malformed bytes"),
        (lambda data: data + b"\0", f"{len(GOOD)} bytes, got {len(GOOD) + 1}", "malformed bytes"),
        (lambda data: data[:8] + b"\0" * 32 + data[40:], "the table of a.json with sha256", "unlinkable parts"),
    ],
)
def test_other_heads_are_refused(change: Callable[[bytes], bytes], message: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(GOOD)
    check_table(path, GOOD[8:40].hex(), "a.json")
    path.write_bytes(change(GOOD))
    with pytest.raises(BundleError, match=message) as refusal:
        check_table(path, GOOD[8:40].hex(), "a.json")
    assert refusal.value.reason == reason
