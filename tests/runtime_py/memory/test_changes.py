"""What an update does to the memories that are there, and the faults others have."""

from datetime import date

import pytest

from runtime_py.errors import ConfigError
from runtime_py.memory.events import Applied
from runtime_py.memory.outcome import Empty, Stored
from runtime_py.operations.update import UpdateInput
from tests.runtime_py.memory.conftest import OpenMemory
from tests.runtime_py.script import Script, events, texts

DAY = date(2023, 5, 8)


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


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (("0", "", "DELETE"), ["Ana lives in Kluvo. Ana's bike is red."]),
        (("0", "Ana lives in Zorp", "UPDATE"), ["Ana lives in Kluvo. Ana's bike is red."]),
        (("0", "Ana's bike is red.", "UPDATE"), ["Ana's bike is red."]),
    ],
)
def test_one_sentence_ends_no_other_and_is_kept(
    event: tuple[str, str, str], left: list[str], open_memory: OpenMemory
) -> None:
    memory = open_memory(Script(update=events(event)))
    memory.add("Ana lives in Kluvo. Ana's bike is red.", "ana", DAY, infer=False)
    memory.add("*Ana lives in Zorp*", "ana", DAY)
    assert texts(memory) == [*left, "Ana lives in Zorp"]
