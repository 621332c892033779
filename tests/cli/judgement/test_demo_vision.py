"""`memlora demo --vision`: in short on the embedded base with an expert that was never taught, and what is refused."""

import builtins
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="Pillow is missing: pip install 'memlora[vision]'")

from distill.corpus.scenes import pictograms
from memlora_cli.judgement import album, demo, stories
from memlora_cli.main import main
from runtime_py.errors import ConfigError, MissingExtraError
from runtime_py.images import decode
from tests.conftest import TINY, write_adapter
from tests.seeing import write_vision

HIDDEN = 256
PNG = "data:image/png;base64,"


@pytest.fixture
def no_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictograms, "_PLACES", (str(tmp_path / "fonts"),))
    monkeypatch.delenv(pictograms.VARIABLE, raising=False)
    monkeypatch.setattr(pictograms, "font_file", pictograms.font_file.__wrapped__)


@pytest.mark.slow
@pytest.mark.usefixtures("font")
def test_the_whole_story(
    tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_vision(write_adapter(tmp_path / "eyes" / "adapters" / "vqa", TINY, "vqa"), HIDDEN)
    monkeypatch.setattr(stories, "REAL", TINY)
    monkeypatch.setattr(stories, "VISION", tmp_path / "eyes")
    monkeypatch.setattr(stories, "SCENES", {"train": 6, "test": 6})
    monkeypatch.setattr(stories, "_real_base", lambda _out: tiny_base)
    assert main(["demo", "--vision", "--out", str(tmp_path / "demo"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    photos = figures["conversation"]["photos"]
    assert len(photos) == len(album.OCCASIONS)
    assert all(photo["is_looked_at"] for photo in photos)
    assert figures["accuracy"]["splits"]["test"]["operations"]["vqa"]["experts"]["answers right"]["n"] == 6
    assert {row["operation"] for row in figures["latency"]} >= {"generate", "vqa"}
    page = Path(figures["report"]).read_text("utf-8")
    assert page.count(PNG) == len(photos)
    assert all(row["passed"] for row in figures["parity"])
    monkeypatch.setattr(demo, "step", lambda text: pytest.fail(text) if text == "export" else None)
    assert main(["demo", "--vision", "--out", str(tmp_path / "demo")]) == 0  # nothing is made again
    told = capsys.readouterr().out
    assert "asked about pictures" in told
    assert f"talk to it: memlora chat {figures['bundle']}" in told.replace("\n", "")


@pytest.mark.usefixtures("no_font")
def test_drawn_things_alone_without_a_font(tmp_path: Path) -> None:
    shown = album.paint_album(tmp_path)
    assert len({each.file for each in shown}) == len(album.OCCASIONS)
    assert all("colour" in each.question for each in shown)
    assert decode(shown[0].file.read_bytes()).std() > 0


def test_a_font_that_is_named_and_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(pictograms.VARIABLE, str(tmp_path / "none.ttf"))
    monkeypatch.setattr(pictograms, "font_file", pictograms.font_file.__wrapped__)
    with pytest.raises(ConfigError, match=r"got '.*none.ttf', which is no file"):
        album.has_pictograms()


def test_a_question_means_its_picture_and_tells_no_answer(tmp_path: Path, no_font: None) -> None:
    for shown in album.paint_album(tmp_path):
        assert shown.expected not in f"{shown.words} {shown.question}"
        assert shown.question[-1] in "?."
        assert " in the picture " in shown.question


def test_both_stories_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--tiny", "--vision"]) == 2
    assert capsys.readouterr().err.count("expected --tiny or --vision, got both") == 1


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def missing(name: str, *given: Any) -> Any:
        if name == "distill.corpus.scenes.pictograms":
            raise ModuleNotFoundError("No module named 'PIL'", name="PIL")
        return load(name, *given)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'memlora\[vision\]'"):
        album.has_pictograms()


def test_figures_about_other_pictures_are_made_again(
    tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A font that was installed since brings other pictures, and questions to score."""
    bundle = tmp_path / "bundle"
    bundle.symlink_to(tiny_bundle)
    drawn, pictured = (
        (album.Shown(tmp_path / f"{name}.png", album.FIRST_DAY, "Look.", "What?", "red"),) for name in "ab"
    )
    made: list[str] = []

    def make(what: str) -> str:
        made.append(what)
        return what

    for shown, what in (((), "texts"), (drawn, "drawn"), (drawn, "again"), (pictured, "pictured"), (pictured, "again")):
        demo.kept(bundle, "accuracy", partial(make, what), shown)
    assert made == ["texts", "drawn", "pictured"]
