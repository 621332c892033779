"""Folders that are written beside their place, and what killed processes left of such."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from runtime_py.errors import ConfigError
from runtime_py.files import MANIFEST, read_manifest, write_folder

DEAD = 4_194_305  # above the largest number of a process on Linux


def put(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / MANIFEST).write_text(text)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


def write(target: Path, text: str) -> None:
    with write_folder(target) as folder:
        (folder / MANIFEST).write_text(text)


def test_half_written_folders_of_the_dead_are_removed(target: Path) -> None:
    put(target.with_name(f".out.7.{DEAD}.partial"), "half")
    put(target.with_name(f".out.7.{os.getpid()}.partial"), "of a process that had this one's number")
    write(target, "whole")
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_what_was_replaced_goes_also_after_a_kill(target: Path) -> None:
    put(target, "new")
    put(target.with_name(f".out.{DEAD}.old.partial"), "old")
    write(target, "newer")
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_killed_between_two_renames_the_older_one_stays(target: Path) -> None:
    put(target.with_name(f".out.{DEAD}.old.partial"), "old")

    def fail() -> None:
        with write_folder(target):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (target / MANIFEST).read_text() == "old"
    write(target, "new")
    assert (target / MANIFEST).read_text() == "new"


def test_what_others_are_writing_is_left_alone(target: Path) -> None:
    """Another thread's folder, and that of a target whose name goes on after a dot."""
    ready, end = threading.Event(), threading.Event()

    def work() -> None:
        with write_folder(target.with_name("out.second")) as folder:
            (folder / MANIFEST).write_text("second")
            ready.set()
            end.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(30)
    neighbour = put(target.with_name(f".out.third.7.{DEAD}.partial"), "half")
    write(target, "first")
    end.set()
    thread.join()
    assert (target.with_name("out.second") / MANIFEST).read_text() == "second"
    assert neighbour.is_dir()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"files": {}}, "expected config as an object"),
        ({"config": {}}, "expected files as an object"),
        ({"config": {}, "files": {}, "facts": None}, "expected facts as an object"),
        ({"config": {}, "files": {"a.bin": {"size": 1}}}, "expected sha256 and size of a.bin"),
    ],
)
def test_a_manifest_that_lacks_a_part_is_one_sentence(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"schema": 1, "kind": "base", **more}))
    with pytest.raises(ConfigError, match=message):
        read_manifest(tmp_path)


def test_what_another_thread_has_moved_away_is_left_alone(target: Path) -> None:
    """It is between its two renames: brought back, the older artifact would stand where the new one goes."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, args=(30,))
    thread.start()
    moved = put(target.with_name(f".out.{thread.ident}.{os.getpid()}.old.partial"), "old")
    write(target, "new")
    assert moved.is_dir()
    end.set()
    thread.join()
    write(target, "newer")
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_killed_between_two_renames_by_thread_and_process_the_older_one_stays(target: Path) -> None:
    put(target.with_name(f".out.7.{DEAD}.old.partial"), "old")
    with pytest.raises(KeyboardInterrupt), write_folder(target):
        raise KeyboardInterrupt
    assert (target / MANIFEST).read_text() == "old"
