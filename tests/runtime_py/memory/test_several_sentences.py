"""Memories of several sentences: kept together, cut where one ends, read as they stand today."""

from datetime import date
from pathlib import Path

import pytest

from runtime_py.memory.selection import TOGETHER
from tests.runtime_py.memory.conftest import Opened

DAY = date(2026, 3, 2)
LATER = date(2026, 4, 2)


def test_kept_sentences_of_one_message_stand_together(opened: Opened) -> None:
    memory, _ = opened(select=lambda _given: [1, 3, 4])
    said = [
        {"role": "user", "content": "My sister Ana found work. It rained. She starts on Monday.", "name": ""},
        {"role": "user", "content": "I sold the car."},
    ]
    memory.add(said, "me", DAY)
    kept = [m.text for m in memory.get_all("me")]
    assert kept == ["The user's sister Ana found work. She starts on Monday [9 March 2026].", "The user sold the car."]


def test_a_long_message_becomes_several_memories(opened: Opened) -> None:
    memory, _ = opened()
    memory.add(" ".join(f"Box {number} is in the cellar." for number in range(TOGETHER + 2)), "me", DAY)
    assert [m.text.count("Box") for m in memory.get_all("me")] == [TOGETHER, 2]


def test_of_a_memory_of_two_sentences_the_one_that_is_replaced_goes(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. My bike is red.", "me", DAY)
    outcome = memory.add("I live in Oslo now.", "me", LATER).to_json()["results"]
    assert [(event["event"], event["memory"]) for event in outcome] == [
        ("UPDATE", "The user's bike is red."),
        ("ADD", "The user lives in Oslo now."),
    ]
    bike, oslo = memory.get_all("me")
    assert (bike.text, bike.day, bike.valid_from) == ("The user's bike is red.", DAY, LATER)
    assert (oslo.text, oslo.day) == ("The user lives in Oslo now.", LATER)
    past = [m for m in memory.store.memories("me", include_past=True) if m.state == "past"]
    assert [(m.text, m.valid_to, m.superseded_by) for m in past] == [
        ("The user lives in Rome. The user's bike is red.", LATER, bike.id)
    ]
    assert [turn.text for turn in memory.store.provenance("me", bike.id)] == ["I live in Rome. My bike is red."]


def test_a_question_of_today_does_not_read_what_has_ended(opened: Opened) -> None:
    memory, script = opened()
    memory.add("I live in Rome. My bike is red.", "me", DAY)
    memory.add("I live in Oslo now.", "me", LATER)
    for question in ("Where do I live?", "Where did I live before?"):
        memory.ask(question, "me")
    today, before = ([m.text for m in given.memories] for given in script.inputs("generate"))
    assert today == ["My bike is red.", "I live in Oslo now."]
    assert before == ["I live in Rome. My bike is red.", "I live in Oslo now."]


def test_the_statement_that_ended_something_is_read(opened: Opened) -> None:
    memory, script = opened()
    memory.add("I work at ASML.", "me", DAY)
    memory.add("I no longer work at ASML.", "me", LATER)
    memory.ask("Where do I work?", "me")
    assert [m.text for m in script.inputs("generate")[-1].memories] == ["I no longer work at ASML."]


def test_where_nothing_is_left_to_read_the_next_turns_are_read(opened: Opened) -> None:
    memory, script = opened()
    for place in ("Rome", "Oslo", "Turin", "Bergen", "Ghent"):
        memory.add(f"I live in {place}.", "me", DAY if place == "Rome" else LATER)
    memory.ask("Where do I live?", "me")
    assert [m.text for m in script.inputs("generate")[-1].memories] == ["I live in Ghent."]


def test_what_was_said_earlier_cuts_nothing(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. My bike is red.", "me", LATER)
    memory.add("I live in Oslo.", "me", DAY)
    assert [m.text for m in memory.get_all("me")] == ["The user lives in Rome. The user's bike is red."]
    assert [m.text for m in memory.store.memories("me", include_past=True) if m.state == "past"] == [
        "The user lives in Oslo."
    ]


def test_a_plain_statement_is_kept_whatever_the_expert_marks(opened: Opened) -> None:
    memory, _ = opened(select=lambda _given: [])
    memory.add(
        [
            {"role": "user", "content": "Lovely day. I live in Rome."},
            {"role": "assistant", "content": "I live in a phone."},
        ],
        "me",
        DAY,
    )
    assert [m.text for m in memory.get_all("me")] == ["The user lives in Rome."]


def test_undo_makes_a_cut_memory_whole(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. My bike is red.", "me", DAY)
    before = memory.get_all("me")
    memory.add("I live in Oslo now.", "me", LATER)
    memory.undo("me")
    assert memory.get_all("me") == before


def test_forgetting_what_cut_a_memory_leaves_no_word_of_it(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. My bike is red.", "me", DAY)
    memory.add("I live in Oslo now.", "me", LATER)
    (oslo,) = [m for m in memory.get_all("me") if "Oslo" in m.text]
    memory.delete(oslo.id, "me")
    assert all("Oslo" not in turn.text for turn in memory.store.turns("me"))


@pytest.mark.parametrize("second", ["I live in Oslo now.", "My bike is red. I live in Oslo now."])
def test_forgetting_what_held_on_forgets_the_whole(opened: Opened, second: str, tmp_path: Path) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. I own a piano. My shed is purple.", "me", DAY)
    memory.add("I sold the piano.", "me", DAY)
    memory.add(second, "me", LATER)
    (shed,) = [m for m in memory.get_all("me") if "purple" in m.text]
    memory.delete(shed.id, "me")
    assert not any(b"purple" in path.read_bytes() for path in tmp_path.iterdir())
    memory.undo("me")
    assert all("purple" not in m.text for m in memory.store.memories("me", include_past=True))


def test_what_the_others_tell_elsewhere_is_not_told_twice(opened: Opened) -> None:
    memory, _ = opened()
    for said in ("My bike is red.", "I live in Rome. My bike is red.", "I live in Oslo now."):
        memory.add(said, "me", DAY)
    assert [m.text for m in memory.get_all("me")] == ["The user's bike is red.", "The user lives in Oslo now."]


def test_two_messages_cut_one_memory(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. I work at Enel. My bike is red.", "me", DAY)
    memory.add(
        [{"role": "user", "content": f"I {does} now."} for does in ("live in Oslo", "work at Equinor")], "me", LATER
    )
    assert [m.text for m in memory.get_all("me")] == [
        "The user lives in Oslo now.",
        "The user's bike is red.",
        "The user works at Equinor now.",
    ]


def test_what_was_said_earlier_ends_nothing(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. I work at Enel.", "me", LATER)
    memory.add("I live in Oslo. I work at Equinor.", "me", DAY)
    assert [m.text for m in memory.get_all("me")] == ["The user lives in Rome. The user works at Enel."]


def test_a_statement_that_a_live_memory_tells_is_read(opened: Opened) -> None:
    """Also where the turn of what it ended is gone."""
    memory, script = opened()
    memory.add([{"role": "user", "content": text} for text in ("I work at ASML.", "My cat is Pickle.")], "me", DAY)
    memory.add("I no longer work at ASML.", "me", LATER)
    (cat,) = [m for m in memory.get_all("me") if "Pickle" in m.text]
    memory.delete(cat.id, "me")
    memory.ask("Where do I work?", "me")
    assert [m.text for m in script.inputs("generate")[-1].memories] == ["I no longer work at ASML."]


@pytest.mark.parametrize(
    "said",
    [
        "---------- Forwarded message ----------\nFrom: x@y.z\nI live in Oslo.",
        "My boss wrote:\nI live in Oslo.",
        "> I live in Oslo.",
        "Nice song.\n```\nI live in Oslo.\n```",
    ],
)
def test_what_others_say_of_themselves_is_no_plain_statement(opened: Opened, said: str) -> None:
    memory, _ = opened(select=lambda _given: [])
    memory.add(said, "me", DAY)
    assert memory.get_all("me") == []


def test_others_cut_nothing_of_what_the_user_said(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome. My bike is red.", "me", DAY)
    memory.add({"role": "assistant", "content": "Mira: the user lives in Oslo now.", "name": "Mira"}, "me", LATER)
    assert memory.get_all("me")[0].text == "The user lives in Rome. The user's bike is red."


def test_a_sentence_of_several_ends_what_it_replaces(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("I live in Rome.", "me", DAY)
    memory.add("The bike is red. I live in Oslo now.", "me", LATER)
    assert [m.text for m in memory.get_all("me")] == ["The bike is red. The user lives in Oslo now."]
