"""The picture of the rooms is the code's, no room is crowded and no file is long."""

import importlib.util
import subprocess
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES, MOST_FILES = 300, 15


def _drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.splitlines() if (ROOT / name).is_file()]


def test_the_picture_is_drawn_from_the_code() -> None:
    drawing = _drawing()
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == drawing.draw(drawing.imports())


def test_a_circle_of_rooms_is_named() -> None:
    drawing = _drawing()
    assert drawing.layers({"a": {"b"}, "b": set()}) == [["a"], ["b"]]
    with pytest.raises(ValueError, match="a -> b -> a"):
        drawing.layers({"a": {"b"}, "b": {"a"}})


def test_no_file_is_long_and_no_room_crowded() -> None:
    files = [path for path in _files() if path.parts[0] != "tests"]
    long = {str(path): n for path in files if (n := len((ROOT / path).read_text("utf-8").splitlines())) > MOST_LINES}
    assert not long
    rooms = Counter(path.parent for path in files if path.name != "__init__.py")
    assert not {str(room): count for room, count in rooms.items() if count > MOST_FILES}
