"""What counts as the same text, and the key of an exchange: by other derivations than the tables'."""

import hashlib
import struct
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_py.store import exchange_key, normalise, words_form
from runtime_py.store.forms.letters import CAPITALS, SIGNS, SPACELESS, SPACES, compose, small


def test_each_capital_of_the_table_has_the_small_letter_of_unicode() -> None:
    for first, last, step, shift in CAPITALS:
        for code in range(first, last + 1, step):
            assert chr(code).lower() in (chr(code + shift), "i̇"), hex(code)
            assert unicodedata.category(chr(code)) in ("Lu", "Lt"), hex(code)


def test_signs_are_signs_of_their_scripts() -> None:
    for first, last in SIGNS:
        for code in range(first, last + 1):
            assert any(low <= code <= high for low, high in SPACELESS)
            assert unicodedata.category(chr(code))[0] in "MC", hex(code)
    assert {chr(code) for code in SPACES} == {chr(c) for c in range(0x3001) if chr(c).isspace()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Zoë sings", "Zoe\u0308 sings"),
        ("ÀÉÎÕÜ ŁÓDŹ ĐURO", "àéîõü łódź đuro"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("ПРИВЕТ, Ёж", "привет, ёж"),
        ("ԵՐԵՎԱՆ", "երեվան"),
        ("TIẾNG VIỆT", "tiếng việt"),
        ("a\u00a0b\u2003c\u3000d", " a b  c d. "),
        ("Ana sings!!", "ana sings ."),
    ],
)
def test_the_same(first: str, second: str) -> None:
    assert normalise(first) == normalise(second)


@pytest.mark.parametrize(("first", "second"), [("Ana sings?", "Ana sings"), ("Mass", "Maß"), ("résumé", "resume")])
def test_not_the_same(first: str, second: str) -> None:
    assert normalise(first) != normalise(second)


@given(st.text())
def test_normal_forms_are_final(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert compose(compose(text)) == compose(text)
    assert small(small(text)) == small(text)
    for form in ("NFC", "NFD"):
        assert normalise(unicodedata.normalize(form, text)) == normalise(text)
        assert words_form(unicodedata.normalize(form, text)) == words_form(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("plain words", "plain words"),
        ("Straße STRAẞE", "Strasse STRAssE"),
        ("ﬁnance ＡＢ ½", "finance AB 1⁄2"),
        ("小明住在北京", " 小 明 住 在 北 京"),
        ("I saw 富士山today", "I saw  富 士 山 today"),
        ("เมืองไทย", " เ มื อ ง ไ ท ย"),
        ("서울에", " 서 울 에"),
    ],
)
def test_words_form(text: str, form: str) -> None:
    assert words_form(text) == form


def by_hand(*texts: str, session: str, day: str, place: str) -> str:
    count = len(texts) // 3
    fields = [session, day, place, *texts]
    packed = [struct.pack("<I", len(f.encode())) + unicodedata.normalize("NFC", f).encode() for f in fields]
    said = b"memlora exchange 1\x00" + b"".join(packed[:3]) + struct.pack("<I", count) + b"".join(packed[3:])
    return hashlib.sha256(said).hexdigest()


def test_key_of_an_exchange() -> None:
    said = [("user", "Zoë", "Hi"), ("assistant", "", "語 🎈\n\x00")]
    key = exchange_key("s", date(2023, 5, 8), "2", said)
    assert key == by_hand(*said[0], *said[1], session="s", day="2023-05-08", place="2")
    assert exchange_key("", None, "", []) == by_hand(session="", day="", place="")
    decomposed = [("user", "Zoe\u0308", "Hi"), said[1]]
    assert exchange_key("s", date(2023, 5, 8), "2", decomposed) == key
    example = exchange_key("s", date(2023, 5, 8), "", [("user", "Zoë", "Hi")])
    assert example == "237501c4ff70b97978d5bb83694097841c241aca84afc7735fa9ba2c390c202d"  # docs/store-format.md


def test_keys_tell_apart_what_is_cut_otherwise() -> None:
    day = date(2023, 5, 8)
    keys = [
        exchange_key("a", day, "b", [("user", "", "x")]),
        exchange_key("ab", day, "", [("user", "", "x")]),
        exchange_key("", day, "ab", [("user", "", "x")]),
        exchange_key("a", None, "b", [("user", "", "x")]),
        exchange_key("a", day, "b", [("user", "x", "")]),
        exchange_key("a", day, "b", [("user", "", "x"), ("user", "", "x")]),
        exchange_key("a", day, "b", [("user", "", "xuser")]),
    ]
    assert len(set(keys)) == len(keys)
