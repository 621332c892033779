"""The memory on a scripted generator: Mem0's names, what is kept and what is read."""

from datetime import date
from typing import Any

import pytest

from runtime_py.errors import ConfigError
from runtime_py.memory.events import Applied
from runtime_py.memory.outcome import Empty, Stored
from runtime_py.operations import get, taught
from tests.runtime_py.memory.conftest import OpenMemory
from tests.runtime_py.script import Script, texts

DAY = date(2023, 5, 8)


def test_a_fact_is_remembered_found_and_answered(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    outcome = memory.add("*Ana lives in Kluvo*", "ana", DAY)
    assert outcome == Stored((Applied(1, "Ana lives in Kluvo", "ADD"),))
    assert [found.memory.text for found in memory.search("where does Ana live", "ana")] == ["Ana lives in Kluvo"]
    answer = memory.ask("Where does Ana live?", "ana")
    assert answer.text == "Ana lives in Kluvo"
    assert answer.memories[0].memory.day == DAY
    assert [turn.text for turn in memory.store.provenance("ana", 1)] == ["*Ana lives in Kluvo*"]
    assert [(row.old_memory, row.new_memory, row.event) for row in memory.history(1, "ana")] == [
        (None, "Ana lives in Kluvo", "ADD")
    ]


def test_mem0_shapes(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    added = memory.add([{"role": "user", "content": "*Ana sings*", "name": "Ana"}], "ana", DAY).to_json()
    assert added["results"] == [{"id": 1, "memory": "Ana sings", "event": "ADD", "previous_memory": None}]
    found = memory.search("sings", "ana")[0].to_json()
    assert {"id", "memory", "score", "user_id", "created_at", "updated_at"} <= set(found)


def test_recalled_text_is_never_read_for_facts(open_memory: OpenMemory) -> None:
    """mem0 4573: recalled memories fed back as if they had been said."""
    script = Script(generate=lambda _given: "*Ana is a pilot*")
    memory = open_memory(script)
    memory.add("*Ana sings*", "ana", DAY)
    memory.ask("What does Ana do?", "ana")
    memory.search("Ana", "ana")
    memory.add("Nice weather today", "ana", DAY)
    read = [message.text for given in script.inputs("extract") for message in given.messages]
    assert read == ["*Ana sings*", "Nice weather today"]
    assert texts(memory) == ["Ana sings"]


@pytest.mark.parametrize("operation", taught())
def test_prompts_hold_no_example_that_could_leak(operation: str) -> None:
    """mem0's prompt examples come back as facts: ours name the task in a handful of words and nothing else."""
    system = get(operation).system
    assert len(system.split()) <= 7
    assert ":" not in system
    assert "\n" not in system


def test_nothing_said_is_kept_without_a_model_call(open_memory: OpenMemory) -> None:
    script = Script()
    memory = open_memory(script)
    assert isinstance(memory.add("  \n", "ana", DAY), Empty)
    assert len(memory.store.turns("ana")) == 1
    assert script.seen == []
    assert isinstance(memory.add("Hello!", "ana", DAY), Empty)


def test_dates_in_facts_and_questions_are_annotated(open_memory: OpenMemory) -> None:
    script = Script()
    memory = open_memory(script)
    memory.add("*Ana flew to Rome last Friday*", "ana", DAY)
    assert texts(memory) == ["Ana flew to Rome last Friday [5 May 2023]"]
    assert [turn.text for turn in memory.store.turns("ana")] == ["*Ana flew to Rome last Friday*"]
    memory.ask("What happened last Friday?", "ana", asked_on=DAY)
    assert script.inputs("generate")[0].question == "What happened last Friday [5 May 2023]?"
    assert memory.search("5 May 2023", "ana")[0].memory.text == "Ana flew to Rome last Friday [5 May 2023]"


def test_users_are_apart(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Bob sings*", "bob", DAY)
    assert [found.memory.text for found in memory.search("sings", "bob")] == ["Bob sings"]
    assert memory.search("sings", "nobody") == []


@pytest.mark.parametrize(
    "text", ["*né à Zürich 🎈*", "*\ud800 half a pair*", "*nul \x00 byte*", "*עברית ‏*", '*"quoted" {json}*']
)
def test_every_kind_of_unicode_is_kept(open_memory: OpenMemory, text: str) -> None:
    memory = open_memory(Script())
    memory.add(text, "ana", DAY)
    whole = text.replace("\ud800", "\ufffd")
    assert [turn.text for turn in memory.store.turns("ana")] == [whole]
    assert texts(memory) == [" ".join(whole.strip("*").split())]
    assert memory.search(text, "ana")[0].memory.id == 1
    memory.search('" OR * NEAR( ^', "ana")


@pytest.mark.parametrize(
    "messages",
    [[], [{"content": "x"}], [{"role": "tool", "content": "x"}], [{"role": "user", "content": "x", "nmae": "y"}]],
)
def test_messages_of_another_shape_arerefused(open_memory: OpenMemory, messages: Any) -> None:
    with pytest.raises(ConfigError, match="expected"):
        open_memory(Script()).add(messages, "ana")


def test_an_answer_never_reads_what_is_only_about_the_other_speaker(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    memory.add(
        [
            {"role": "user", "content": "*Ana lives in Kluvo*", "name": "Ana"},
            {"role": "assistant", "content": "*Ben lives in Zorp* *Ben and Ana live near*", "name": "Ben"},
        ],
        "ana",
        DAY,
    )
    assert memory.store.speakers("ana") == ["Ana", "Ben"]
    assert memory.store.speakers("nobody") == []
    read = [hit.memory.text for hit in memory.ask("Where does Ana live?", "ana").memories]
    assert set(read) == {"Ana lives in Kluvo", "Ben and Ana live near"}
    assert len(memory.search("Where does Ana live?", "ana")) == 3
    assert len(memory.ask("Who lives where?", "ana", limit=2).memories) == 2
