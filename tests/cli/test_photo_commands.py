"""Photos on the command line: added, listed, asked about, found, written to a file, forgotten; and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memlora_cli.main import main
from memlora_cli.memory import exchange
from runtime_py.images import decode, png_bytes, read_png
from runtime_py.memory import Memory
from runtime_py.store import Store, default_store
from tests.runtime_py.memory.photos.sight import FakeEncoder, plain, seeing
from tests.runtime_py.script import Script, WordEmbedder

pytest.importorskip("PIL", reason="Pillow is missing: pip install 'memlora[vision]'")
MUG = ["add", "b", "*Tom owns a mug* of clay", "--image", "mug.png", "--date", "2023-05-08"]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Commands run in `tmp_path`, where two pictures lie, on a generator that sees colours."""
    embedder, encoder = WordEmbedder(), FakeEncoder()

    def open_scripted(_bundle: Path, store: Path | None, _engine: str) -> Memory:
        kept = Store(store or default_store(), embedder)
        script, sight = seeing(kept, encoder)
        return Memory(script, embedder, kept, sight=sight)

    monkeypatch.setattr(exchange, "open_memory", open_scripted)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMLORA_STORE", "memlora.db")
    for name, colour in (("mug", "red"), ("boat", "blue")):
        (tmp_path / f"{name}.png").write_bytes(png_bytes(plain(colour, 200, 100)))
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: capsys.readouterr().out


def test_added_listed_asked_found_written_forgotten(said: Callable[[], str], folder: Path) -> None:
    assert main(MUG) == 0
    assert said() == "kept photo 1\nremembered 1: Tom owns a mug\n"
    assert main(["add", "b", "Our boat", "--image", "boat.png", "--image", "mug.png", "--date", "unknown"]) == 0
    assert said() == "kept photo 2\nkept photo 1\n"
    assert main(["list"]) == 0
    lines = ["1: Tom owns a mug [photo 1]", 'photo 1 "*Tom owns a mug* of clay Our boat"', 'photo 2 "Our boat"']
    assert said().splitlines() == lines
    assert main(["history", "1"]) == 0
    assert said().splitlines()[-1] == 'with photo 1 "*Tom owns a mug* of clay Our boat"'
    assert main(["ask", "b", "What colour is the mug in the photo?"]) == 0
    assert said() == "red\n"
    assert main(["search", "b", "boat", "--photos"]) == 0
    assert said().splitlines() == ["2: Our boat", "1: *Tom owns a mug* of clay Our boat"]
    assert main(["photo", "1", "--out", "out.png"]) == 0
    assert (decode((folder / "out.png").read_bytes()) == plain("red", 200, 100)).all()
    assert main(["photo", "1", "--out", "small.png", "--thumbnail"]) == 0
    assert read_png((folder / "small.png").read_bytes()).shape == (64, 128, 3)
    said()
    assert main(["forget", "--photo", "1"]) == 0
    assert said() == "forgotten: 1 memories, 2 turns, 2 photos\n"
    assert not any(b"clay" in path.read_bytes() for path in folder.glob("memlora.db*"))
    assert main(["check"]) == 0


def test_json_names_photos(said: Callable[[], str]) -> None:
    def told(*arguments: str) -> Any:
        said()
        assert main([*arguments, "--json"]) == 0
        return json.loads(said())

    assert told(*MUG)["photos"] == [1]
    listed = told("list")
    assert listed["results"][0]["photos"] == [1]
    assert listed["photos"][0]["caption"] == "*Tom owns a mug* of clay"
    assert told("history", "1")["photos"][0]["date"] == "2023-05-08"
    answer = told("ask", "b", "What colour is the mug in the photo?")
    assert (answer["answer"], answer["photo"]["id"], answer["reason"]) == ("red", 1, "It is red.")
    assert told("photo", "1", "--out", "out.png") == {"file": "out.png"}
    assert told("forget", "1")["photos"] == [1]
    assert told("list") == {"results": []}


def test_the_photo_that_was_looked_at_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(MUG)
    capsys.readouterr()
    assert main(["ask", "b", "What colour is the mug in the photo?"]) == 0
    shown = capsys.readouterr().err.splitlines()[0]
    assert shown == '  photo 1 (8 May 2023) "*Tom owns a mug* of clay": It is red.'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*MUG, "--image", "nowhere.png"], "nowhere.png: expected a picture's file that can be read, got No such file"),
        ([*MUG, "--image", "."], ".: expected a picture's file, got a folder or a device"),
        ([*MUG, "--image", "text.png"], "text.png: expected a picture (JPEG, PNG, WebP, GIF, BMP), got other bytes"),
        ([*MUG, "--image", "cut.png"], "cut.png: expected a whole PNG picture, got a damaged or truncated one"),
        ([*MUG, "--image", "empty.png"], "empty.png: expected a picture, got 0 bytes"),
        ([*MUG, "--image", "photo.heic"], "photo.heic: expected one of JPEG, PNG, WebP, GIF, BMP, got a HEIC file"),
        (["photo", "7", "--out", "out.png"], "no store memlora.db"),
        (["forget", "1", "--photo", "1"], "nothing to forget: expected one of a memory's id, --photo, --turn and"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_stored(
    arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "text.png").write_text("dear diary")
    (folder / "cut.png").write_bytes((folder / "mug.png").read_bytes()[:70])
    (folder / "empty.png").touch()
    (folder / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    if (folder / "memlora.db").exists():
        with Store(folder / "memlora.db", None) as store:
            assert (store.rows("SELECT * FROM turns"), store.photo_names()) == ([], [])


def test_unknown_photos_and_text_alone_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(MUG)
    assert main(["photo", "7", "--out", "out.png"]) == 2
    assert main(["forget", "--photo", "7"]) == 2
    assert capsys.readouterr().err.count("no photo 7: expected the id of a photo of me, got none") == 2
    embedder = WordEmbedder()
    blind = lambda *_: Memory(Script(), embedder, Store(default_store(), embedder))  # noqa: E731
    monkeypatch.setattr(exchange, "open_memory", blind)
    assert main(["add", "b", "Our boat", "--image", "boat.png"]) == 2
    assert "cannot keep a photo: expected a bundle with vision, got one of text alone" in capsys.readouterr().err
    assert main(["ask", "b", "What colour is the mug in the photo?"]) == 0
