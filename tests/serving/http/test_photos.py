"""Pictures in a chat: kept with what was said, answered about then and later, refused in a sentence."""

import base64
from pathlib import Path
from typing import Any

import pytest

from runtime_py.images import png_bytes
from runtime_py.memory import Memory, SharedEmbedder, SharedGenerator
from runtime_py.store import Store
from runtime_py.text import Tokenizer
from tests.conftest import TINY
from tests.runtime_py.memory.photos.sight import FakeEncoder, plain, seeing
from tests.runtime_py.script import WordEmbedder
from tests.serving.http.conftest import Serve, Served, serving

pytest.importorskip("PIL", reason="Pillow is missing: pip install 'memlora[vision]'")

from serving.http import Opened, Settings


def sees(path: Path) -> Opened:
    """What is served by a scripted bundle that sees colours."""
    embedder = WordEmbedder()
    kept = Store(path, embedder)
    script, sight = seeing(kept, FakeEncoder())
    memory = Memory(script, embedder, kept, sight=sight)
    tokenizer = Tokenizer.from_file(TINY / "tokenizer.json")
    return Opened("script", tokenizer, SharedGenerator(script), SharedEmbedder(embedder), memory)


def picture(colour: str) -> dict[str, Any]:
    data = base64.b64encode(png_bytes(plain(colour, 200, 100))).decode()
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}


def post(served: Served, *content: Any, **more: Any) -> Any:
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    messages = [*more.pop("before", []), {"role": "user", "content": parts}]
    with served.client() as client:
        return client.post("/v1/chat/completions", json={"model": "any", "user": "ana", "messages": messages, **more})


def said(response: Any) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def test_kept_asked_about_and_sent_again(tmp_path: Path) -> None:
    with serving(sees(tmp_path / "s.db"), Settings(port=0)) as served:
        told = post(served, "*Tom owns a mug* of clay.", picture("red"))
        assert said(told) == "Kept photo 1.\nRemembered: Tom owns a mug"
        assert told.json()["memlora"]["remembered"]["photos"] == [1]
        assert said(post(served, "Our boat.", picture("blue"))) == "Kept photo 2."
        assert said(post(served, "What colour is the mug in the photo?")) == "red"
        answered = post(served, "What colour is the boat in the picture?").json()["memlora"]["answered"]
        assert (answered["photo"]["id"], answered["reason"]) == (2, "It is blue.")
        again = post(served, "Our boat.", picture("blue"))
        assert said(again) == "Nothing new to remember: this exchange was stored before."
        assert len(served.opened.memory.store.photo_names()) == 2


def test_a_question_beside_its_picture(tmp_path: Path) -> None:
    with serving(sees(tmp_path / "s.db"), Settings(port=0)) as served:
        assert said(post(served, "What colour is the kite in this photo?", picture("green"))) == "green"
        rows = post(served, "What colour is the tent in this photo?", picture("blue"), stream=True).text
        assert '"content": "blue"' in rows
        assert said(post(served, "What colour is the kite in the photo?")) == "green"


@pytest.mark.parametrize(
    ("content", "more", "sentence"),
    [
        ([{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}], {}, "none is fetched"),
        ([{"type": "image_url", "image_url": "a.png"}], {}, "expected a data: URL in base64, got another"),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}],
            {},
            "expected base64, got something",
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            {},
            "image 1: expected a picture",
        ),
        ([{"type": "input_audio"}], {}, "got a part of another kind"),
        ([picture("red")], {"store": False}, "expected no store, got false"),
        ([picture("red")], {"before": [{"role": "assistant", "content": [picture("red")]}]}, "of the user alone"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_stored(
    content: list[Any], more: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with serving(sees(tmp_path / "s.db"), Settings(port=0)) as served:
        response = post(served, "Our boat.", *content, **more)
        assert response.status_code == 400
        assert sentence in response.json()["error"]["message"]
        assert served.opened.memory.store.photo_names() == []
        assert served.opened.memory.store.rows("SELECT * FROM turns") == []


def test_a_bundle_of_text_says_so(serve: Serve) -> None:
    served = serve()
    response = post(served, "Our boat.", picture("red"))
    assert response.status_code == 400
    assert "expected a bundle with vision, got one of text alone" in response.json()["error"]["message"]
