"""Photos in the memory: kept, encoded once, found by what was said around them, looked at, forgotten."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime_py.errors import ConfigError, ContractError, ImageError, MissingExtraError
from runtime_py.images import Pixels, png_bytes
from runtime_py.memory import Empty, Failed, Image, Memory, Stored
from runtime_py.store import Store
from tests.runtime_py.memory.conftest import keep_all
from tests.runtime_py.memory.photos.sight import FakeEncoder, SeeingScript, plain, seeing
from tests.runtime_py.script import Script, WordEmbedder, refuse

DAY = date(2023, 5, 8)
RED, GREEN, BLUE = plain("red"), plain("green"), plain("blue")
OpenSeeing = Callable[..., tuple[Memory, SeeingScript, FakeEncoder]]


@pytest.fixture
def open_seeing(tmp_path: Path) -> OpenSeeing:
    def open_with(identity: str = "one", **given: Any) -> tuple[Memory, SeeingScript, FakeEncoder]:
        embedder, encoder = WordEmbedder(), FakeEncoder(identity)
        store = Store(tmp_path / "store.db", embedder)
        script, sight = seeing(store, encoder, **given)
        return Memory(script, embedder, store, sight=sight), script, encoder

    return open_with


def last_turn(given: Any) -> str:
    return str(given.memories[-1].text)


def test_a_photo_is_kept_with_what_was_said_and_answers(open_seeing: OpenSeeing) -> None:
    memory, script, _ = open_seeing(select=keep_all, generate=last_turn)
    kept = memory.add("Our new kitchen mug", "ana", DAY, images=[RED])
    assert isinstance(kept, Stored)
    assert (kept.photos, kept.to_json()["photos"]) == ((1,), [1])
    memory.add("I met Bob in Ghent", "ana", DAY)
    answer = memory.ask("What colour is the mug in the picture?", "ana")
    assert (answer.text, answer.reason) == ("red", "It is red.")
    assert answer.photo is not None
    shown = answer.photo.photo
    assert (shown.id, shown.caption, shown.day) == (1, "Our new kitchen mug", DAY)
    told = answer.to_json()
    assert (told["photo"]["id"], told["photo"]["caption"], told["used"]) == (1, "Our new kitchen mug", [1])
    assert [given.image for given in script.inputs("vqa")] == [shown.name]
    assert "photo" not in memory.ask("Where did I meet Bob?", "ana").to_json()


def test_encoded_once_when_saved_and_again_by_another_encoder(open_seeing: OpenSeeing) -> None:
    memory, _, encoder = open_seeing()
    memory.add("My mug", "ana", images=[RED])
    memory.add("My mug again", "ana", images=[RED, GREEN])
    memory.add("Her mug", "bob", images=[RED])
    assert encoder.encoded == 2
    for _ in range(2):
        assert memory.ask("What colour is it in the picture?", "bob").text == "red"
    assert encoder.encoded == 2
    memory.close()
    memory, _, encoder = open_seeing("two")
    for _ in range(2):
        assert memory.ask("What colour is it in the picture?", "bob").text == "red"
    assert encoder.encoded == 1
    assert memory._sight is not None
    assert (memory._sight.reencode(), encoder.encoded) == (2, 2)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What colour is the boat in the photo?", "blue"),
        ("What colour is the mug in my picture?", "red"),
        ("What is in the picture?", "blue"),  # nothing else is said of it: the newest
        ("Which animal is in the photo of Minka?", "green"),  # named one exchange later
        ("What colour is the boat?", "blue"),  # the best memory has a photo
        ("What color is Tom's car?", "Tom's car is black."),  # told by words
        ("Who took the picture of the mug?", "Look at my kitchen mug"),  # no picture shows it
        ("Where is the boat?", "Our boat on the lake"),
    ],
)
def test_which_photo_a_question_is_about(open_seeing: OpenSeeing, question: str, answer: str) -> None:
    memory, _, _ = open_seeing(select=keep_all, generate=best_turn)
    memory.add("Look at my kitchen mug", "ana", session="one", images=[RED])
    memory.add("See this one", "ana", session="two", images=[GREEN])
    memory.add("That was Minka in the garden", "ana", session="two")
    memory.add("Tom's car is black.", "ana", session="three")
    memory.add("Our boat on the lake", "ana", session="four", images=[BLUE])
    assert memory.ask(question, "ana").text == answer


def best_turn(given: Any) -> str:
    words = set(given.question.lower().rstrip("?").split()) - {"the", "is", "of", "in"}
    return str(max(given.memories, key=lambda told: len(words & set(told.text.lower().split()))).text)


def test_what_a_text_tells_is_not_looked_for(open_seeing: OpenSeeing) -> None:
    memory, script, _ = open_seeing(select=keep_all, generate=last_turn)
    memory.add("We have three boats", "ana", images=[RED])
    assert memory.ask("How many boats are there?", "ana").text == "We have three boats"
    assert script.inputs("vqa") == []
    assert memory.ask("How many boats are in the picture?", "ana").text == "red"


def test_photos_are_searched_by_captions_and_what_was_said_around(open_seeing: OpenSeeing) -> None:
    memory, _, _ = open_seeing()
    memory.add("See *Ana owns a mug*", "ana", session="one", images=[RED])
    for number in range(100):
        memory.add(f"I washed the mug {number} times", "ana", session="other")
    memory.add("Minka sleeps", "ana", session="two", images=[GREEN])
    found = memory.search_photos("Where is the mug?", "ana", 5)
    assert [hit.photo.id for hit in found] == [1, 2]
    assert [hit.photo.id for hit in memory.search_photos("Minka", "ana", 1)] == [2]
    assert found[0].to_json()["caption"] == "See *Ana owns a mug*"
    assert memory.search_photos("", "ana") == memory.search_photos("Minka", "bob") == []


def test_a_photo_without_words_is_kept(open_seeing: OpenSeeing) -> None:
    memory, _, _ = open_seeing()
    kept = memory.add("", "ana", DAY, images=[png_bytes(RED)])
    assert (kept.photos, type(kept)) == ((1,), Empty)
    again = memory.add("", "ana", DAY, images=[RED])
    assert (again.photos, type(again)) == ((), Empty)
    assert memory.add("", "ana", DAY, images=[BLUE]).photos == (2,)
    assert memory.ask("What do you see in the photo?", "ana").text == "blue"


def test_a_bundle_without_vision_refuses_a_photo_and_answers_as_ever(open_seeing: OpenSeeing, tmp_path: Path) -> None:
    memory, _, _ = open_seeing(select=keep_all)
    memory.add("My mug", "ana", images=[RED])
    memory.close()
    script, embedder = Script(select=keep_all, generate=last_turn), WordEmbedder()
    with Memory(script, embedder, Store(tmp_path / "store.db", embedder)) as blind:
        with pytest.raises(ConfigError, match="expected a bundle with vision, got one of text alone"):
            blind.add("My cat", "ana", images=[GREEN])
        assert [turn.text for turn in blind.store.turns("ana")] == ["My mug"]
        assert blind.ask("What colour is the mug in the picture?", "ana").text == "My mug"


def test_nothing_usable_is_answered_from_texts(open_seeing: OpenSeeing) -> None:
    memory, _, _ = open_seeing(answer=None, select=keep_all, generate=last_turn)
    memory.add("My mug", "ana", images=[RED])
    answer = memory.ask("What colour is the mug in the picture?", "ana")
    assert (answer.text, answer.photo) == ("My mug", None)


def test_a_model_that_fails_keeps_the_photo(open_seeing: OpenSeeing, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the text's expert, and by the encoder."""
    memory, script, encoder = open_seeing(extract=refuse)
    failed = memory.add("*Ana owns a mug*", "ana", images=[RED])
    assert (failed.photos, type(failed)) == ((1,), Failed)

    def broken(_pixels: Pixels) -> NDArray[np.float32]:
        raise ContractError("the encoder is broken: expected rows, got none; run it again")

    whole = encoder.encode
    monkeypatch.setattr(encoder, "encode", broken)
    script._operations["extract"] = lambda _given: ["Ana owns a mug"]
    failed = memory.add("Ana owns a mug", "ana", images=[GREEN])
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("the encoder is broken")
    monkeypatch.setattr(encoder, "encode", whole)
    assert isinstance(memory.add("Ana owns a mug", "ana", images=[GREEN]), Stored)
    assert [photo.id for photo in memory.store.photos("ana")] == [1, 2]
    assert memory.store.check() == []


def jpeg(width: int = 60, height: int = 40) -> bytes:
    image = pytest.importorskip("PIL.Image", reason="Pillow is missing: pip install 'memlora[vision]'")
    out = io.BytesIO()
    image.new("RGB", (width, height), (200, 0, 0)).save(out, "JPEG")
    return out.getvalue()


def test_a_path_its_bytes_and_large_pixels_are_photos(open_seeing: OpenSeeing, tmp_path: Path) -> None:
    memory, _, _ = open_seeing()
    (tmp_path / "mug.jpg").write_bytes(jpeg())
    photos: list[Image] = [tmp_path / "mug.jpg", str(tmp_path / "mug.jpg"), jpeg(), plain("blue", 1500, 30)]
    assert memory.add("My mugs", "ana", images=photos).photos == (1, 2)
    shapes = [memory.store.photo_pixels(photo.name).shape for photo in memory.store.photos("ana")]
    assert shapes == [(40, 60, 3), (10, 512, 3)]


BAD: list[tuple[Any, type[Exception], str]] = [
    (b"", ImageError, "image 2: expected a picture, got 0 bytes"),
    (b"dear diary" * 9, ImageError, "image 2: expected a picture"),
    (jpeg()[:300], ImageError, "image 2: expected a whole JPEG picture"),
    (b"II*\0" + bytes(60), ImageError, "got a TIFF or raw camera file, which has no decoder here"),
    ("no-such.jpg", ImageError, "no-such.jpg: expected a picture's file that can be read"),
    ("/", ImageError, "/: expected a picture's file, got a folder"),
    ("a\0b", ImageError, "expected a picture's file that can be read"),
    (np.zeros((0, 4, 3), np.uint8), ContractError, "wrong pixels"),
    (np.zeros((4, 4), np.uint8), ContractError, "wrong pixels"),
    (np.zeros((4, 4, 3), np.float32), ContractError, "wrong pixels"),
    (7, ConfigError, "wrong image 2: expected bytes, a path or uint8"),
    (None, ConfigError, "wrong image 2"),
]


@pytest.mark.parametrize(("bad", "error", "sentence"), BAD, ids=lambda each: str(each)[:20])
def test_a_bad_image_is_one_sentence_and_nothing_is_stored(
    open_seeing: OpenSeeing, bad: Any, error: type[Exception], sentence: str
) -> None:
    memory, script, encoder = open_seeing()
    with pytest.raises(error, match=sentence) as refusal:
        memory.add("*Ana owns a mug*", "ana", images=[RED, bad])
    assert "\n" not in str(refusal.value)
    assert (memory.store.turns("ana"), memory.store.photo_names(), script.seen, encoder.encoded) == ([], [], [], 0)
    with pytest.raises(ConfigError, match="wrong images: expected a list of pictures, got"):
        memory.add("*Ana owns a mug*", "ana", images=RED)  # type: ignore[arg-type]


def test_a_bomb_and_a_missing_decoder_are_sentences(open_seeing: OpenSeeing, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, _, _ = open_seeing()
    bomb = bytearray(jpeg())
    at = bomb.index(b"\xff\xc0") + 5
    bomb[at : at + 4] = b"\xff\xf0\xff\xf0"
    with pytest.raises(ImageError, match="image 1: expected at most"):
        memory.add("My mug", "ana", images=[bytes(bomb)])
    monkeypatch.setitem(__import__("sys").modules, "PIL.JpegImagePlugin", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'memlora\[vision\]'"):
        memory.add("My mug", "ana", images=[jpeg()])
    assert memory.store.turns("ana") == []


def test_forgetting_a_photo_forgets_its_caption_and_what_came_of_it(open_seeing: OpenSeeing) -> None:
    memory, _, _ = open_seeing()
    memory.add("*Ana owns a mug*", "ana", images=[RED])
    memory.add("*Ana sings*", "ana")
    memory.forget_photo(1, "ana")
    assert [found.text for found in memory.get_all("ana")] == ["Ana sings"]
    assert memory.store.photos("ana") == []
    with pytest.raises(ConfigError, match="no photo 1: expected the id of a photo of ana"):
        memory.forget_photo(1, "ana")
    memory.add("*Ana owns a cup*", "ana", images=[RED])
    memory.undo("ana")
    assert memory.store.photo_names() == []


def test_the_newest_photo_may_be_forgotten_meanwhile(open_seeing: OpenSeeing, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, _, _ = open_seeing(select=keep_all, generate=last_turn)
    memory.add("I met Bob in Ghent", "ana", DAY)
    monkeypatch.setattr(memory.store, "count_photos", lambda _user: 1)
    answer = memory.ask("What is in the picture?", "ana")
    assert (answer.text, answer.photo) == ("I met Bob in Ghent", None)
