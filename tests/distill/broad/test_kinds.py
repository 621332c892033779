"""Kinds of everyday fact: what their files must hold, and what is kept from training."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from distill.corpus.broad.events import all_events
from distill.corpus.broad.kinds import all_kinds, held_out_kinds, kinds_of, read_kinds
from distill.corpus.broad.smalltalk import PAIRED, read_smalltalk, smalltalk
from distill.corpus.broad.values import CLOSED, FEWEST_HELD_OUT, draw, is_held_out, part, providers
from distill.corpus.broad.wording import clause, fill, joined
from runtime_py.errors import ConfigError


def _rows(count: int, text: str) -> str:
    return "[" + ", ".join(f'"{text.replace("#", str(number))}"' for number in range(count)) + "]"


def _table() -> dict[str, str]:
    return {
        "value": '["city"]',
        "fact": '"The user lives in {v}"',
        "fact_of": '"{p} lives in {v}"',
        "say": _rows(8, "I live in {v} #."),
        "aside": _rows(5, "The train to {v} # was late."),
        "say_of": _rows(8, "{p} lives in {v} #."),
        "change": _rows(5, "It's {v} now, not {w} #."),
        "change_of": _rows(5, "{p} moved to {v} #."),
        "deny": _rows(3, "I never lived in {w} #."),
        "wish": _rows(3, "I'd love to live in {w} #."),
        "ask": _rows(7, "Where do I live #?"),
        "ask_of": _rows(7, "Where does {s} live #?"),
        "ask_past": _rows(3, "Where did I live before #?"),
        "ask_past_of": _rows(3, "Where did {s} live before #?"),
    }


def _written(folder: Path, table: dict[str, str]) -> Path:
    path = folder / "some.toml"
    path.write_text("[home]\n" + "\n".join(f"{key} = {entry}" for key, entry in table.items()), "utf-8")
    return path


def test_a_kind_of_the_schema_is_read(tmp_path: Path) -> None:
    (kind,) = read_kinds(_written(tmp_path, _table()))
    assert (kind.name, kind.value, len(kind.say), kind.once) == ("home", ("city",), 8, False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t | {"colour": '"red"'}, "keys out of"),
        (lambda t: t | {"say": _rows(7, "I live in {v} #.")}, "8 or more different texts as say, got 7"),
        (lambda t: t | {"say": _rows(8, "I live in {v}.")}, "8 or more different texts as say, got 1"),
        (lambda t: t | {"say": _rows(8, "I live # here.")}, "slots out of v with v"),
        (lambda t: t | {"say": _rows(8, "I live in {v} {x} #.")}, "slots out of v with v"),
        (lambda t: t | {"say": _rows(8, "I live in {v #.")}, "slots out of"),
        (lambda t: t | {"ask_of": _rows(7, "Where does she live #?")}, "slots out of s with s"),
        (lambda t: t | {"say_of": _rows(8, "She lives in {v} #.")}, "name the person"),
        (lambda t: t | {"value": '["planet"]'}, "values out of"),
        (lambda t: t | {"value_list": _rows(25, "tea #")}, "either value or value_list, got both"),
        (lambda t: {k: v for k, v in t.items() if k != "value"}, "either value or value_list, got none"),
        (lambda t: t | {"once": "true"}, "what cannot change"),
        (lambda t: t | {"once": "3"}, "true or false"),
        (lambda t: t | {"fact": "3"}, "a text as fact"),
        (lambda t: t | {"ask": "[3]"}, "a list of texts as ask"),
    ],
)
def test_another_form_is_one_sentence(
    tmp_path: Path, change: Callable[[dict[str, str]], dict[str, str]], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        read_kinds(_written(tmp_path, change(_table())))


def test_a_kind_stands_once(tmp_path: Path) -> None:
    _written(tmp_path, _table()).rename(tmp_path / "other.toml")
    _written(tmp_path, _table())
    with pytest.raises(ConfigError, match="each kind once"):
        all_kinds(tmp_path)
    (tmp_path / "other.toml").write_text("[home", "utf-8")
    with pytest.raises(ConfigError, match="expected TOML"):
        all_kinds(tmp_path)


def test_there_are_many_kinds_and_each_sixth_is_held_out() -> None:
    assert len(all_kinds()) >= 60
    assert len(held_out_kinds()) == len(all_kinds()) // 6
    assert {k.name for k in kinds_of(True)} == set(held_out_kinds())
    assert {k.name for k in kinds_of(True)} | {k.name for k in kinds_of(False)} == set(all_kinds())
    assert not {k.name for k in kinds_of(True)} & {k.name for k in kinds_of(False)}
    assert len(all_events()) >= 12


@pytest.mark.parametrize("provider", [name for name in providers() if name not in CLOSED])
def test_no_value_is_drawn_for_both(provider: str) -> None:
    drawn = [{draw(Random(f"{held_out}{n}"), provider, held_out) for n in range(150)} for held_out in (False, True)]
    assert not drawn[0] & drawn[1]
    assert all(len(values) >= FEWEST_HELD_OUT for values in drawn)


def test_a_list_is_parted_by_spelling() -> None:
    for kind in all_kinds().values():
        train, held_out = part(kind.value_list, False), part(kind.value_list, True)
        assert not set(train) & set(held_out)
        assert not any(map(is_held_out, train))
        assert not kind.value_list or len(held_out) >= FEWEST_HELD_OUT


def test_smalltalk_is_plenty_and_of_its_form() -> None:
    sayings = {half for section, lines in smalltalk().items() for line in lines for half in line.split(" | ")}
    assert len(sayings) >= 1500
    assert all(line.count(" | ") == (section in PAIRED) for section, lines in smalltalk().items() for line in lines)
    for text, words in (("[odd]\nHi", "a section out of"), ("[hello]\nHi", "two parts"), ("[oh]\nHi", "all sections")):
        with pytest.raises(ConfigError, match=words):
            read_smalltalk(text)


def test_wordings_are_filled_with_articles_and_capitals() -> None:
    assert fill("I'm a {v}.", v="electrician") == "I'm an electrician."
    assert fill("I'm an {v}.", v="nurse") == "I'm a nurse."
    assert fill("I play a {v}.", v="ukulele") == "I play a ukulele."
    assert fill("The {x} gig.", x="The Foxes") == "The Foxes gig."
    assert fill("{p} left. {p} cried.", p="my sister") == "My sister left. My sister cried."
    assert joined("I live in Bath.", "My cat is Moss.", ()) == "I live in Bath and my cat is Moss."
    assert joined("I live in Bath.", "Moss is my cat.", ("Moss",)) == "I live in Bath and Moss is my cat."
    assert clause("{p} lives in {v}", "Bath") == "who lives in Bath"
    assert clause("{p}'s cat is {v}", "Moss") == "whose cat is Moss"
    assert clause("The boss of {p} is {v}", "Ana") == "whose boss is Ana"
    assert clause("{p} drives this car: {v}", "Saab") is None
