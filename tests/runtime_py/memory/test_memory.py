"""The memory on a scripted generator: Mem0's names, and the faults others have."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from runtime_py.errors import ConfigError, ContractError
from runtime_py.memory.events import Applied
from runtime_py.memory.memory import Memory
from runtime_py.memory.outcome import Empty, Failed, Stored
from runtime_py.operations import UnparsableError, get, taught
from runtime_py.operations.update import MemoryEvent, UpdateInput
from runtime_py.store.store import Store
from tests.runtime_py.script import Script, WordEmbedder

DAY = date(2023, 5, 8)


@pytest.fixture
def open_memory(tmp_path: Path) -> Callable[[Script], Memory]:
    def open_with(script: Script) -> Memory:
        embedder = WordEmbedder()
        return Memory(script, embedder, Store(tmp_path / "store.db", embedder))

    return open_with


OpenMemory = Callable[[Script], Memory]


def events(*rows: tuple[str, str, str]) -> Callable[[UpdateInput], list[MemoryEvent]]:
    return lambda _given: [MemoryEvent(*row) for row in rows]


def texts(memory: Memory, user: str = "ana") -> list[str]:
    return [found.text for found in memory.get_all(user)]


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


def test_update_and_delete_keep_history(open_memory: OpenMemory) -> None:
    script = Script(update=events(("0", "Ana lives in Zorp", "UPDATE")))
    memory = open_memory(script)
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    outcome = memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert outcome == Stored((Applied(2, "Ana lives in Zorp", "UPDATE", "Ana lives in Kluvo"),))
    assert script.inputs("update") == [UpdateInput(("Ana lives in Kluvo",), ("Ana lives in Zorp",))]
    memory.update(2, "Ana lives in Tarn", "ana")
    assert [(row.memory_id, row.event, row.old_memory, row.new_memory) for row in memory.history(2, "ana")] == [
        (1, "ADD", None, "Ana lives in Kluvo"),
        (2, "ADD", None, "Ana lives in Zorp"),
        (1, "SUPERSEDE", "Ana lives in Kluvo", None),
        (2, "UPDATE", "Ana lives in Zorp", "Ana lives in Tarn"),
    ]
    assert [row.event for row in memory.history(1, "ana")] == ["ADD", "SUPERSEDE"]
    assert [turn.text for turn in memory.store.provenance("ana", 1)] == ["*Ana lives in Kluvo*", "*Ana lives in Zorp*"]
    memory.delete(2, "ana")
    memory.delete(1, "ana")
    assert (texts(memory), memory.store.turns("ana")) == ([], [])
    with pytest.raises(ConfigError, match="no memory 1"):
        memory.delete(1, "ana")


def test_what_an_update_changed_held_before(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana moved to Zorp", "UPDATE"))))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    memory.add("*Ana moved to Zorp*", "ana", date(2023, 6, 1))
    assert texts(memory) == ["Ana moved to Zorp"]
    assert [found.text for found in memory.store.memories("ana", date(2023, 5, 20))] == ["Ana lives in Kluvo"]
    assert [found.text for found in memory.store.memories("ana", date(2023, 6, 1))] == ["Ana moved to Zorp"]
    found = memory.search("where did Ana live before", "ana", include_past=True)
    past = next(hit.memory for hit in found if hit.memory.state == "past")
    assert (past.text, past.superseded_by, past.valid_to) == ("Ana lives in Kluvo", 2, date(2023, 6, 1))


def test_an_update_that_only_says_more_is_the_same_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana lives in Kluvo with Henk", "UPDATE"))))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    outcome = memory.add("*Ana lives in Kluvo with Henk*", "ana", date(2023, 6, 1))
    assert outcome == Stored((Applied(1, "Ana lives in Kluvo with Henk", "UPDATE", "Ana lives in Kluvo"),))
    assert [found.text for found in memory.store.memories("ana", include_past=True)] == ["Ana lives in Kluvo with Henk"]


def test_two_updates_of_one_memory_are_a_chain(open_memory: OpenMemory) -> None:
    rows = [("0", "Ana moved to Zorp", "UPDATE"), ("0", "Ana moved to Tarn", "UPDATE")]
    memory = open_memory(Script(update=events(*rows)))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    memory.add("*Ana moved to Zorp* *Ana moved to Tarn*", "ana", date(2023, 6, 1))
    assert texts(memory) == ["Ana moved to Tarn"]
    changes = [(row.memory_id, row.event) for row in memory.history(3, "ana")]
    assert changes == [(1, "ADD"), (2, "ADD"), (1, "SUPERSEDE"), (3, "ADD"), (2, "SUPERSEDE")]


def test_a_forgotten_memory_leaves_no_word_in_the_history_of_what_superseded_it(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana moved to Zorp", "UPDATE"))))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    memory.add("*Ana moved to Zorp*", "ana", date(2023, 6, 1))
    memory.delete(1, "ana")
    assert [(row.event, row.new_memory) for row in memory.history(2, "ana")] == [("ADD", "Ana moved to Zorp")]
    assert not any(b"Kluvo" in part.read_bytes() for part in memory.store.path.parent.glob("store.db*"))


def test_the_same_exchange_twice_changes_nothing(open_memory: OpenMemory) -> None:
    script = Script(update=events(("0", "", "DELETE")))
    memory = open_memory(script)
    assert isinstance(memory.add("*Ana sings*", "ana", DAY), Stored)
    again = memory.add("*Ana sings*", "ana", DAY)
    assert isinstance(again, Empty)
    assert "stored before" in again.reason
    assert len(memory.store.turns("ana")) == 1
    assert script.inputs("update") == []


def test_a_fact_told_twice_is_not_deleted(open_memory: OpenMemory) -> None:
    """mem0 1674: adding a fact twice deletes it."""
    memory = open_memory(Script(update=events(("0", "", "DELETE"))))
    memory.add("*Ana sings*", "ana", DAY)
    outcome = memory.add("*ana  sings.*", "ana", date(2023, 6, 1))
    assert outcome == Stored((Applied(None, "ana sings.", "NONE"),))
    assert texts(memory) == ["Ana sings"]


def test_a_contradiction_keeps_the_new_fact(open_memory: OpenMemory) -> None:
    """mem0 4536: a contradiction deletes the old memory and drops the new fact."""
    memory = open_memory(Script(update=events(("0", "Ana loves pizza", "DELETE"))))
    memory.add("*Ana loves pizza*", "ana", DAY)
    memory.add("*Ana hates pizza*", "ana", DAY)
    assert texts(memory) == ["Ana hates pizza"]


def test_a_retraction_is_spent_by_its_delete(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana owns a red car", "DELETE"))))
    memory.add("*Ana owns a red car*", "ana", DAY)
    memory.add("*Ana no longer owns a red car*", "ana", DAY)
    assert texts(memory) == []


@pytest.mark.parametrize(
    "row", [("7", "Ana moved", "UPDATE"), ("7", "", "DELETE"), ("-1", "x", "UPDATE"), ("²", "x", "DELETE")]
)
def test_an_unknown_id_is_skipped_and_the_fact_kept(open_memory: OpenMemory, row: tuple[str, str, str]) -> None:
    memory = open_memory(Script(update=events(row)))
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana lives in Zorp"]


def test_a_blank_text_is_skipped_and_the_fact_kept(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "  ", "UPDATE"), ("1", "", "ADD"))))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert texts(memory) == ["Ana lives in Kluvo", "Ana lives in Zorp"]


def test_the_id_of_an_add_is_ignored(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana lives in Zorp", "ADD"))))
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana lives in Zorp"]


def test_an_update_to_the_old_text_is_none_and_loses_no_fact(open_memory: OpenMemory) -> None:
    """mem0 4903: UPDATE re-emits the old text, and the new fact is gone."""
    memory = open_memory(Script(update=events(("0", "Ana lives in Kluvo", "UPDATE"))))
    memory.add("*Ana lives in Kluvo*", "ana", DAY)
    outcome = memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert isinstance(outcome, Stored)
    assert [event.event for event in outcome.events] == ["NONE", "ADD"]
    assert [row.event for row in memory.history(1, "ana")] == ["ADD"]
    assert texts(memory) == ["Ana lives in Kluvo", "Ana lives in Zorp"]


def test_none_changes_nothing(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=events(("0", "Ana sings", "NONE"))))
    memory.add("*Ana sings*", "ana", DAY)
    outcome = memory.add("*Ana likes to sing*", "ana", DAY)
    assert outcome == Stored((Applied(None, "Ana sings", "NONE"),))
    assert texts(memory) == ["Ana sings"]


def test_an_update_that_makes_two_memories_equal_leaves_one(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    memory.add("*Ana lives in Kluvo* *Ana lives in Zorp*", "ana", DAY)
    memory._pipeline._generator = Script(update=events(("0", "Ana lives in Zorp", "UPDATE")))
    memory.add("*Ana moved from Kluvo to Zorp*", "ana", DAY)
    assert texts(memory) == ["Ana lives in Zorp"]


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


def _refuse(_given: Any) -> Any:
    raise UnparsableError("expected JSON, got 'sorry'")


def _break(_given: Any) -> Any:
    raise ContractError("context overflow: expected at most 8 tokens, got 9; shorten the input")


@pytest.mark.parametrize("extract", [_refuse, _break])
def test_a_failed_extract_keeps_the_raw_turn_and_can_be_tried_again(
    open_memory: OpenMemory, extract: Callable[[Any], Any]
) -> None:
    memory = open_memory(Script(extract=extract))
    outcome = memory.add("*Ana sings*", "ana", DAY)
    assert isinstance(outcome, Failed)
    assert "expected" in outcome.reason
    assert [turn.text for turn in memory.store.turns("ana")] == ["*Ana sings*"]
    memory._pipeline._generator = Script()
    assert isinstance(memory.add("*Ana sings*", "ana", DAY), Stored)
    assert len(memory.store.turns("ana")) == 1
    assert texts(memory) == ["Ana sings"]


def test_an_interruption_keeps_the_raw_turn(open_memory: OpenMemory) -> None:
    def interrupt(_given: Any) -> Any:
        raise KeyboardInterrupt

    memory = open_memory(Script(extract=interrupt))
    with pytest.raises(KeyboardInterrupt):
        memory.add("*Ana sings*", "ana", DAY)
    assert [turn.text for turn in memory.store.turns("ana")] == ["*Ana sings*"]


def test_an_unparsable_update_adds_every_fact(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(update=_refuse))
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Ana dances* *Ana paints*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances", "Ana paints"]


def test_an_unparsable_answer_says_that_nothing_is_known(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(generate=_refuse))
    assert memory.ask("Who?", "ana").text == "no information available"


def test_an_answer_ended_by_its_limit_gives_up_only_its_torn_end(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(is_cut=True))
    memory.add("*Ana sings* *Ana dances* *Ana pai*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances"]
    memory.add("*Ana swims* *Ana runs* *torn*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances", "Ana swims", "Ana runs"]


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


@pytest.mark.parametrize("room", [60, 90, 117, 150])
def test_no_cut_falls_into_a_note(open_memory: OpenMemory, room: int) -> None:
    script = Script(room=room)
    memory = open_memory(script)
    memory.add("I ran last Friday and swam two days ago and " * 30, "ana", DAY)
    read = " ".join(given.messages[0].text for given in script.inputs("extract"))
    assert read.count("Friday [5 May 2023]") == read.count("days ago [6 May 2023]") == 30
    assert all(text.count("[") == text.count("]") for text in (g.messages[0].text for g in script.inputs("extract")))


def test_users_are_apart(open_memory: OpenMemory) -> None:
    memory = open_memory(Script())
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Bob sings*", "bob", DAY)
    assert [found.memory.text for found in memory.search("sings", "bob")] == ["Bob sings"]
    assert memory.search("sings", "nobody") == []


def test_a_hundred_kilobytes_in_one_message_are_read_in_pieces(open_memory: OpenMemory) -> None:
    script = Script(room=2_000)
    memory = open_memory(script)
    sentence = "We talked for a very long time about the weather. "
    text = sentence * 1_000 + "*Ana lives in Kluvo.* " + sentence * 1_000
    assert len(text) > 100_000
    memory.add(text, "ana", DAY)
    assert texts(memory) == ["Ana lives in Kluvo."]
    assert [turn.text for turn in memory.store.turns("ana")] == [text]
    assert 50 < len(script.inputs("extract")) < 200


def test_a_message_without_spaces_is_read_in_pieces(open_memory: OpenMemory) -> None:
    script = Script(room=300)
    memory = open_memory(script)
    memory.add("語" * 5_000, "ana", DAY)
    assert "".join(given.messages[0].text for given in script.inputs("extract")) == "語" * 5_000


def test_facts_beyond_the_context_are_compared_in_parts(open_memory: OpenMemory) -> None:
    script = Script(room=400)
    memory = open_memory(script)
    memory.add("*Ana sings*", "ana", DAY)
    facts = [f"Ana has seen the town of number{i} and liked its old harbour" for i in range(20)]
    memory.add([{"role": "user", "content": f"*{fact}*"} for fact in facts], "ana", DAY)
    assert sorted(texts(memory)) == sorted(["Ana sings", *facts])
    assert len(script.inputs("update")) > 1


def test_a_question_takes_as_many_memories_as_fit(open_memory: OpenMemory) -> None:
    script = Script(room=200)
    memory = open_memory(script)
    for i in range(20):
        memory.store.add_memory(
            "ana", f"Ana has seen the town of number{i}", DAY, WordEmbedder().embed([f"town {i}"])[0]
        )
    answer = memory.ask("Which town has Ana seen?", "ana")
    assert 0 < len(answer.memories) < 20
    assert len(script.inputs("generate")[0].memories) == len(answer.memories)


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
def test_messages_of_another_shape_are_refused(open_memory: OpenMemory, messages: Any) -> None:
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
