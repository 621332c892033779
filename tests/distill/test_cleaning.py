"""Teacher text -> target: what is stripped, what is kept, what is dropped."""

import pytest

from distill.cleaning import clean, strip_reasoning
from runtime_py import operations
from runtime_py.operations.extract import ExtractInput, Message
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.select import SelectInput
from runtime_py.operations.update import UpdateInput

EXTRACT = operations.get("extract")
UPDATE = operations.get("update")
GENERATE = operations.get("generate")
EXCHANGE = ExtractInput((), None)
MEMORIES = UpdateInput(("Maria lives in Oslo", "Maria has a cat called Pip"), ("Maria lives in Rome",))


@pytest.mark.parametrize(
    "text",
    [
        '{"facts": ["Maria  paints"]}',
        'Sure! Here you are:\n```json\n{"facts": ["Maria  paints"]}\n```\nAnything else?',
        '<think>She might {"facts": ["dance"]}.</think>{"facts": ["Maria  paints"]}',
        'She might {"facts": ["dance"]}.</think>\n{"facts": ["Maria  paints"]}',
        'First {"facts": ["draft"]}, better {"facts": ["Maria  paints", "Maria  paints", " "], "why": "so"}',
        '{not json} {"facts": ["Maria  paints"]} {"other": 1}',
    ],
)
def test_minimal_json_is_kept(text: str) -> None:
    assert clean(EXTRACT, EXCHANGE, text).target == '{"facts":["Maria  paints"]}'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("<think>I never come to an end", "empty"),
        ('{"facts": ["cut of', "unparsable"),
        ('{"facts": [1]}', "unparsable"),
        ('["Maria paints"]', "unparsable"),
        ("Maria paints", "unparsable"),
    ],
)
def test_what_cannot_be_parsed_is_dropped_with_a_reason(text: str, reason: str) -> None:
    cleaned = clean(EXTRACT, EXCHANGE, text)
    assert cleaned.target is None
    assert cleaned.reason == reason


def test_no_facts_is_a_target() -> None:
    assert clean(EXTRACT, EXCHANGE, '{"facts": []}').target == '{"facts":[]}'


def _rows(given: UpdateInput, *rows: tuple[str, str, str]) -> tuple[str | None, int]:
    import json

    text = json.dumps({"memory": [{"id": i, "text": t, "event": e, "old_memory": "x"} for i, t, e in rows]})
    cleaned = clean(UPDATE, given, text)
    return cleaned.target, cleaned.removed


def test_relisted_memories_are_removed() -> None:
    target, removed = _rows(
        MEMORIES, ("0", "Maria lives in Rome", "UPDATE"), ("1", "Maria has a cat called Pip", "NONE")
    )
    assert target == '{"memory":[{"id":"0","text":"Maria lives in Rome","event":"UPDATE"}]}'
    assert removed == 1


def test_none_stays_when_a_new_fact_repeats_the_memory() -> None:
    given = UpdateInput(MEMORIES.memories, ("Maria has a cat.",))
    target, removed = _rows(given, ("0", "Maria lives in Oslo", "NONE"), ("1", "she has a cat", "NONE"))
    assert target == '{"memory":[{"id":"1","text":"Maria has a cat called Pip","event":"NONE"}]}'
    assert removed == 1


def test_update_to_the_same_words_is_a_none() -> None:
    given = UpdateInput(MEMORIES.memories, ("Maria lives in Oslo",))
    assert _rows(given, ("0", "Maria lives in Oslo.", "UPDATE"))[0] == (
        '{"memory":[{"id":"0","text":"Maria lives in Oslo","event":"NONE"}]}'
    )


def test_an_update_that_says_nothing_of_its_facts_is_no_target() -> None:
    """An expert that learns it loses facts: the memory does what the rows say, and there would be none."""
    for text in ('{"memory": []}', '{"memory": [{"id": "0", "text": "maria lives in oslo", "event": "UPDATE"}]}'):
        cleaned = clean(UPDATE, MEMORIES, text)
        assert (cleaned.target, cleaned.reason) == (None, "says nothing of the facts")
    nothing = UpdateInput(MEMORIES.memories, ())
    assert clean(UPDATE, nothing, '{"memory": []}').target == '{"memory":[]}'


def test_rows_are_made_consistent_with_the_old_memories() -> None:
    target, removed = _rows(
        MEMORIES,
        ("7", "Maria sings", "ADD"),
        ("9", "unknown", "UPDATE"),
        ("-1", "unknown", "DELETE"),
        ("00", "Maria lives in Rome", "UPDATE"),
        ("0", "Maria lives in Rome", "DELETE"),
        ("1", "gone", "DELETE"),
        ("1", "", "ADD"),
        ("2", "Maria dances", "ADD"),
    )
    assert target == (
        '{"memory":[{"id":"2","text":"Maria sings","event":"ADD"},{"id":"0","text":"Maria lives in Rome","event":'
        '"UPDATE"},{"id":"1","text":"Maria has a cat called Pip","event":"DELETE"},'
        '{"id":"3","text":"Maria dances","event":"ADD"}]}'
    )
    assert removed == 4


def test_numbers_that_no_sentence_has_are_removed() -> None:
    given = SelectInput((Message("user", "Ana", "Hi! I sing."),), None)
    cleaned = clean(operations.get("select"), given, 'I choose {"keep": [2, 3, 2]}')
    assert (cleaned.target, cleaned.removed) == ('{"keep":[2]}', 1)


def test_answers_lose_reasoning_and_fences() -> None:
    given = GenerateInput("Where?", ())
    assert clean(GENERATE, given, "<thinking>hm\n</thinking>\n```\nRome\n```").target == "Rome"
    assert clean(GENERATE, given, "Rome\nbecause she said so").target == "Rome"
    assert clean(GENERATE, given, " \n").target is None


def test_reasoning_of_every_tag_goes() -> None:
    assert strip_reasoning("<THINK>a</THINK>b<analysis>c</analysis>d") == "bd"
    assert strip_reasoning("a < b and b > c") == "a < b and b > c"
