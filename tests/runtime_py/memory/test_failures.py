"""A model that gives nothing usable, or half of it: no turn is lost, and no fact that was given."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from runtime_py.errors import ContractError
from runtime_py.memory.outcome import Failed, Stored
from tests.runtime_py.memory.conftest import OpenMemory
from tests.runtime_py.script import Script, refuse, texts

DAY = date(2023, 5, 8)


def _break(_given: Any) -> Any:
    raise ContractError("context overflow: expected at most 8 tokens, got 9; shorten the input")


@pytest.mark.parametrize("extract", [refuse, _break])
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
    memory = open_memory(Script(update=refuse))
    memory.add("*Ana sings*", "ana", DAY)
    memory.add("*Ana dances* *Ana paints*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances", "Ana paints"]


def test_an_unparsable_answer_says_that_nothing_is_known(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(generate=refuse))
    assert memory.ask("Who?", "ana").text == "no information available"


def test_an_answer_ended_by_its_limit_gives_up_only_its_torn_end(open_memory: OpenMemory) -> None:
    memory = open_memory(Script(is_cut=True))
    memory.add("*Ana sings* *Ana dances* *Ana pai*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances"]
    memory.add("*Ana swims* *Ana runs* *torn*", "ana", DAY)
    assert texts(memory) == ["Ana sings", "Ana dances", "Ana swims", "Ana runs"]
