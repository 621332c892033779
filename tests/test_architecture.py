"""The picture of the rooms is the code's."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def _drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_drawn_from_the_code() -> None:
    drawing = _drawing()
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == drawing.draw(drawing.imports())


def test_a_circle_of_rooms_is_named() -> None:
    drawing = _drawing()
    assert drawing.layers({"a": {"b"}, "b": set()}) == [["a"], ["b"]]
    with pytest.raises(ValueError, match="a -> b -> a"):
        drawing.layers({"a": {"b"}, "b": {"a"}})
