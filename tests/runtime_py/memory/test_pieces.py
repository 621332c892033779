"""What is longer than the model's context is read, compared and answered in parts."""

from datetime import date

import pytest

from tests.runtime_py.memory.conftest import OpenMemory
from tests.runtime_py.script import Script, WordEmbedder, texts

DAY = date(2023, 5, 8)


@pytest.mark.parametrize("room", [60, 90, 117, 150])
def test_no_cut_falls_into_a_note(open_memory: OpenMemory, room: int) -> None:
    script = Script(room=room)
    memory = open_memory(script)
    memory.add("I ran last Friday and swam two days ago and " * 30, "ana", DAY)
    read = " ".join(given.messages[0].text for given in script.inputs("extract"))
    assert read.count("Friday [5 May 2023]") == read.count("days ago [6 May 2023]") == 30
    assert all(text.count("[") == text.count("]") for text in (g.messages[0].text for g in script.inputs("extract")))


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
