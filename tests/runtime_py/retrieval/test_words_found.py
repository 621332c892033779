"""A word in a query finds the same word in a memory, whatever its letters; two spellings are one memory and speaker."""

import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from runtime_py.memory import Memory
from runtime_py.memory.rules import named
from runtime_py.retrieval import Retrieval
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder

EMBEDDER = WordEmbedder()
PAIRS = [
    ("Ann lives in Blumenstraße", "Blumenstraße"),
    ("Ann lives in Blumenstraße", "BLUMENSTRASSE"),
    ("Emre moved to İzmir", "İzmir"),
    ("Emre moved to İzmir", "izmir"),
    ("ﬁnance is the job of Pam", "ﬁnance"),
    ("Νίκος lives in Πάτρα", "Νίκος"),
    ("Jürgen sings", "Jürgen"),
    ("Ana visited São Paulo", "São"),
    ("小明住在北京", "北京"),
    ("Tom O'Brien bakes", "O’Brien"),
    ("ﬁnance is the job of Pam", "finance"),
    ("ΝΊΚΟΣ drives", "νίκος"),
    ("Weiß is the name of the owner", "WEISS"),
    ("Łukasz moved to Łódź", "łódź"),
    ("Оля живёт в Москве", "МОСКВЕ"),
    ("वह दिल्ली में रहती है", "दिल्ली"),
    ("ฉันอยู่เมืองไทย", "เมือง"),
    ("東京タワーに行った", "タワー"),
    ("민수는 서울에 산다", "서울"),
    ("هي تسكن في القاهرة", "القاهرة"),
    ("היא גרה בחיפה", "בחיפה"),
    ("Her nick is x_y-z/42", "x_y-z/42"),
    ("She calls it C++ and a.b@example.com", "a.b@example.com"),
    ("ＡＢＣ is the club", "abc"),
    ("Mañana is the band", "man\u0303ana"),
    ("Nguyễn Văn sings", "NGUYỄN"),
    ("Her dog is called Ǆemal", "ǆemal"),
    ("The tube is 5µm wide", "5μm"),
    ('He said "hello" to Rex', '"Rex"'),
    ("She lives in Saint‑Denis", "saint-denis"),
]


@pytest.mark.parametrize(("text", "query"), PAIRS)
@pytest.mark.parametrize("kind", ["memory", "turn"])
def test_a_word_finds_itself(tmp_path: Path, text: str, query: str, kind: str) -> None:
    with Store(tmp_path / "s.db", EMBEDDER) as store:
        others = [other for other, _ in PAIRS if other != text]
        for number, each in enumerate([*dict.fromkeys(others), text]):
            if kind == "memory":
                row = store.add_memory("u", each, None, EMBEDDER.embed([each])[0])
            else:
                row = store.put_exchange("u", str(number), "", None, [("user", "", each)], "empty")[0]
        hits = Retrieval(store).by_words("u", query, 5, "memory" if kind == "memory" else "turn")
        assert row in hits
        assert Retrieval(store).by_words("u", unicodedata.normalize("NFD", query), 5, "turn") == (
            hits if kind == "turn" else []
        )


def test_every_word_of_a_text_finds_it(tmp_path: Path) -> None:
    """Words of many scripts, each asked for alone, in a store that holds all of them."""
    with Store(tmp_path / "s.db", EMBEDDER) as store:
        ids = {text: store.add_memory("u", text, None, EMBEDDER.embed([text])[0]) for text in {t for t, _ in PAIRS}}
        retrieval = Retrieval(store)
        for text, row in ids.items():
            for word in text.split():
                if any(letter.isalnum() for letter in word):
                    assert row in retrieval.by_words("u", word, 50), word


def test_two_spellings_are_one_memory_and_one_speaker(tmp_path: Path) -> None:
    memory = Memory(Script(), EMBEDDER, Store(tmp_path / "m.db", EMBEDDER))
    text = "Zoë likes crème brûlée"
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    for form in forms:
        said = unicodedata.normalize(form, text)
        name = unicodedata.normalize(form, "Zoë")
        memory.add([{"role": "user", "content": f"*{said}*", "name": name}], "u")
    assert [found.text for found in memory.get_all("u")] == [text]
    assert memory.store.speakers("u") == ["Zoë"]
    assert len(memory.store.turns("u")) == 1
    for form in forms:
        query = unicodedata.normalize(form, "brûlée")
        assert memory.retrieval.by_words("u", query, 5) == [1]
        assert memory.search(query, "u")[0].memory.id == 1
        assert named("Where does Zoë live?", [unicodedata.normalize(form, "Zoë")])
        assert named(unicodedata.normalize(form, "Where does Zoë live?"), ["Zoë"])


def test_a_long_query_costs_a_bounded_number_of_words(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db", EMBEDDER) as store:
        ids = [store.add_memory("u", f"word{n}", None, EMBEDDER.embed([f"word{n}"])[0]) for n in range(300)]
        found = Retrieval(store).by_words("u", " ".join(f"word{n}" for n in range(300)), 300)
        assert found == ids[:256]
        assert Retrieval(store).by_words("u", "x" * 1_000_000 + "\0" * 1_000, 5) == []
