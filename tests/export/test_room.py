"""Disk and memory are asked for before the long work."""

import shutil
from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from export.machine import memory as room
from export.machine.memory import available_ram_bytes, check_room, lowerings_at_once, needed_ram_bytes
from runtime_py.errors import ExportError
from runtime_py.weights.base import QuantizedBase

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> QuantizedBase:
    from calibration.quantize import quantize_checkpoint

    return QuantizedBase.open(quantize_checkpoint(checkpoint, tmp_path_factory.mktemp("room") / "base"))


def test_memory_grows_with_the_base(base: QuantizedBase) -> None:
    assert needed_ram_bytes(base) - room.OVERHEAD_BYTES == 4 * base.path.stat().st_size


def test_a_machine_with_room_is_let_through(base: QuantizedBase, tmp_path: Path) -> None:
    assert 0 < available_ram_bytes() < psutil.virtual_memory().total
    check_room(tmp_path / "not" / "yet" / "there", [base])


def test_too_little_memory_says_how_much(base: QuantizedBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_ram_bytes", lambda: 700_000_000)
    with pytest.raises(ExportError, match=r"expected 1\.2 GB available, got 0\.7 GB; close"):
        check_room(tmp_path / "bundle", [base])


def test_lowering_takes_what_fits_or_says_how_much(base: QuantizedBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_ram_bytes", lambda: 2_500_000_000)
    assert (lowerings_at_once(base, cores=8), lowerings_at_once(base, cores=1)) == (2, 1)
    monkeypatch.setattr(room, "available_ram_bytes", lambda: 700_000_000)
    with pytest.raises(ExportError, match=r"to lower for executorch: expected 1\.2 GB available, got 0\.7 GB"):
        lowerings_at_once(base, cores=8)


def test_too_little_disk_says_how_much(base: QuantizedBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(9, 9, 1_000_000))
    with pytest.raises(ExportError, match=r"expected 0\.2 GB of free disk, got 0\.0 GB; free"):
        check_room(tmp_path / "bundle", [base])
