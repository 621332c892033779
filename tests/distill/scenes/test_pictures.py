"""Painted pictures, and the dataset that `memlora import scenes` writes."""

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from distill.corpus.scenes import SPLITS, generate_scenes, pictograms
from distill.corpus.scenes.pictograms import CATEGORIES, font_file, pictogram
from distill.datasets.pictured import write_scenes
from memlora_cli.main import main
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples


def test_the_font_has_every_pictogram_and_none_twice(font: None) -> None:
    drawn = {
        name: hashlib.sha256(pictogram(name, category).tobytes()).digest()
        for category, listed in CATEGORIES.items()
        for name in listed
    }
    assert len(set(drawn.values())) == len(drawn) == sum(map(len, CATEGORIES.values()))


def test_a_scene_is_painted_alike_and_no_two_are_alike(font: None) -> None:
    once, again = ([scene.paint() for scene in generate_scenes("test", 6, 0)] for _ in range(2))
    assert [picture.tobytes() for picture in once] == [picture.tobytes() for picture in again]
    assert len({picture.tobytes() for picture in once}) == 6
    assert all(picture.mode == "RGB" for picture in once)


def test_the_command_writes_rows_and_pictures(font: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["import", "scenes", "--out", str(tmp_path), "--rows", "12", "--held-out-rows", "6", "--json"]
    assert main(asked) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["vqa, test"] == dict.fromkeys(("colour", "count", "larger", "text", "unusual", "where"), 1)
    folder = tmp_path / "datasets" / "vqa"
    for split in SPLITS:
        rows = read_examples(folder / f"{split}.jsonl")
        assert len({row.input["image"] for row in rows}) == (12 if split == "train" else 6)
        assert len(rows) > 12 if split == "train" else len(rows) == 6
        for row in rows:
            with Image.open(folder / str(row.input["image"])) as picture:
                assert min(picture.size) >= 240
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    assert main(asked) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")} == stamps


def test_an_operation_on_text_is_not_painted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no pictured for the operation 'update': expected PICTURED"):
        write_scenes(tmp_path / "update", "update", {"test": 1}, 0)


def test_a_machine_without_the_font_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pictograms, "_PLACES", (str(tmp_path),))
    monkeypatch.delenv(pictograms.VARIABLE, raising=False)
    font_file.cache_clear()
    with pytest.raises(ConfigError, match="install Debian's package fonts-noto-color-emoji, or name the file"):
        font_file()
    monkeypatch.setenv(pictograms.VARIABLE, str(tmp_path / "none.ttf"))
    with pytest.raises(ConfigError, match="which is no file; correct the path"):
        font_file()
    font_file.cache_clear()
