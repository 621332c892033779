"""What a question reads in a memory of sentences as they were said, and who asks it."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from runtime_py.memory import Memory, Reads
from runtime_py.memory.reading import asker_of, may_answer
from runtime_py.memory.rules import named
from runtime_py.memory.selection import TOGETHER
from runtime_py.operations.generate import UNANSWERABLE, GenerateInput
from runtime_py.operations.select import SelectInput, numbered
from runtime_py.store import Store, Vectors
from tests.runtime_py.script import Script, WordEmbedder

DAY = date(2026, 3, 2)
LATER = date(2026, 4, 2)
SPEAKERS = ("Ann", "Ben", "Mary Ann")


def keep_all(given: SelectInput) -> list[int]:
    """Every sentence."""
    return list(range(1, len(numbered(given)) + 1))


Opened = Callable[..., tuple[Memory, Script]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_with(
        answer: Callable[[GenerateInput], str] = lambda given: given.memories[-1].text,
        select: Callable[[SelectInput], list[int]] = keep_all,
        reads: Reads | None = None,
        room: int = 100_000,
    ) -> tuple[Memory, Script]:
        script = Script(generate=answer, select=select, room=room)
        embedder = WordEmbedder()
        return Memory(script, embedder, Store(tmp_path / "store.db", embedder), 3, reads), script

    return open_with


def test_turns_are_read_in_the_order_they_were_said_with_day_and_speaker(opened: Opened) -> None:
    memory, script = opened()
    memory.add({"role": "user", "content": "My cat is Pickle. It rained.", "name": "Ann"}, "ann", DAY)
    memory.add({"role": "user", "content": "My cat is Biscuit now.", "name": "Ann"}, "ann", LATER)
    answer = memory.ask("What is the name of my cat?", "ann")
    (given,) = script.inputs("generate")
    assert [(m.text, m.day, m.speaker) for m in given.memories] == [
        ("My cat is Pickle. It rained.", DAY, "Ann"),
        ("My cat is Biscuit now.", LATER, "Ann"),
    ]
    assert given.asker == "Ann"
    assert answer.text == "My cat is Biscuit now."
    assert answer.used[0].turn.text in ("My cat is Biscuit now.", "My cat is Pickle. It rained.")
    assert answer.to_json()["turns"][0]["date"] in ("2026-03-02", "2026-04-02")


def test_memories_are_the_sentences_in_their_very_words(opened: Opened) -> None:
    memory, _ = opened(select=lambda _given: [2])
    memory.add("Hello there. Henk sold the piano last Friday.", "me", DAY)
    assert [m.text for m in memory.get_all("me")] == ["Henk sold the piano last Friday [27 February 2026]."]


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


def test_a_number_beyond_the_sentences_keeps_nothing(opened: Opened) -> None:
    memory, _ = opened(select=lambda _given: [1, 7])
    memory.add("Henk sold the piano.", "me", DAY)
    assert len(memory.get_all("me")) == 1


def test_the_turns_before_are_those_of_the_session(opened: Opened) -> None:
    memory, script = opened()
    for number, text in enumerate(("one", "two", "three", "four")):
        memory.add(text, "me", DAY, "a", str(number))
    memory.add("five", "me", DAY, "b", "0")
    before = [tuple(m.text for m in given.before) for given in script.inputs("select")]
    assert before == [(), ("one",), ("one", "two"), ("two", "three"), ()]


def test_what_a_nameless_assistant_says_is_no_memory(opened: Opened) -> None:
    memory, _ = opened()
    memory.add([{"role": "user", "content": "Ok."}, {"role": "assistant", "content": "You live in Rome."}], "me", DAY)
    assert [m.text for m in memory.get_all("me")] == ["Ok."]


def test_a_persons_turn_comes_before_an_assistants_of_the_same_words(opened: Opened) -> None:
    memory, _ = opened(reads="turns")
    for role in ("assistant", "user"):
        memory.add({"role": role, "content": "The dentist is on Monday"}, "me", DAY, "s", role)
    turns = memory.ask("When is the dentist?", "me").turns
    assert [found.turn.role for found in turns] == ["user", "assistant"]


def test_a_refusal_shows_the_likely_turn_and_names_nothing_as_used(opened: Opened) -> None:
    memory, _ = opened(answer=lambda _given: UNANSWERABLE)
    memory.add("My shoe size is 43", "me", DAY)
    near = memory.ask("What is my shoe size?", "me")
    assert near.likely is not None
    assert near.likely.turn.text == "My shoe size is 43"
    assert near.used == ()
    assert memory.ask("Zebra crossing colours?", "me").likely is None


def test_an_edited_memory_is_read_itself(opened: Opened) -> None:
    memory, script = opened()
    memory.add("I live in Rome", "me", DAY)
    memory.update(memory.get_all("me")[0].id, "The user has moved over to Paris with Henk", "me")
    memory.ask("Where do I live?", "me")
    assert "The user has moved over to Paris with Henk" in [m.text for m in script.inputs("generate")[0].memories]


def test_the_worst_turns_give_way_where_the_context_is_short(opened: Opened) -> None:
    memory, script = opened(room=110)
    for number in range(3):
        memory.add(f"The cat number {number} sleeps", "me", DAY, "s", str(number))
    memory.ask("Which cat number 1 sleeps?", "me")
    assert len(script.inputs("generate")[0].memories) < 3


def test_memories_alone_and_turns_alone(opened: Opened) -> None:
    memory, script = opened(reads="memories", select=lambda _given: [1])
    memory.add("I live in Rome. It is hot.", "me", DAY)
    assert memory.ask("Where do I live?", "me").turns == ()
    assert script.inputs("generate")[0].memories[0].speaker == ""


class _Counting(WordEmbedder):
    asked: list[str]

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        return super().embed(texts)


@pytest.mark.parametrize(("reads", "queries"), [("both", 2), ("turns", 1), ("memories", 0)])
def test_a_question_is_embedded_once_and_provenance_read_by_ids(reads: Reads, queries: int, tmp_path: Path) -> None:
    embedder, statements = _Counting(), list[str]()
    embedder.asked = []
    store = Store(tmp_path / "store.db", embedder)
    memory = Memory(Script(select=keep_all), embedder, store, 3, reads)
    for number in range(8):
        memory.add({"role": "user", "content": f"Cat {number} is mine. It sleeps.", "name": "Ann"}, "ann", DAY)
    store._connection.set_trace_callback(statements.append)
    embedder.asked.clear()
    assert memory.ask("Which cat is mine?", "ann").text
    assert embedder.asked == ["Which cat is mine?" if reads == "memories" else "Ann: Which cat is mine?"]
    assert sum("provenance" in statement for statement in statements) == queries


@pytest.mark.parametrize(
    ("question", "speakers", "owner", "right"),
    [
        ("Where do I live?", ["Ann", "Bo"], "Ann", "Ann"),
        ("Where does Bo live?", ["Ann", "Bo"], "Ann", ""),
        ("Where does Bo live?", [""], "", "Me"),
        ("Where do I live?", ["", "Bo"], "", ""),
        ("where's my cat", ["Ann"], "Ann", "Ann"),
    ],
)
def test_who_asks(question: str, speakers: list[str], owner: str, right: str) -> None:
    assert asker_of(question, speakers, owner) == right


CHANGES = [
    ("Tom lives in Rome", "Tom lives in Paris", ["Tom lives in Paris"], ["Tom lives in Rome"]),
    ("Tom lives in Rome", "Ann lives in Paris", ["Tom lives in Rome", "Ann lives in Paris"], []),
    ("Tom plays chess", "Tom no longer plays chess", ["Tom no longer plays chess"], ["Tom plays chess"]),
]


@pytest.mark.parametrize(("old", "new", "live", "past"), CHANGES)
def test_without_an_update_expert_rules_decide(
    opened: Opened, old: str, new: str, live: list[str], past: list[str]
) -> None:
    memory, script = opened()
    memory.add(old, "me", DAY)
    memory.add(new, "me", LATER)
    assert [m.text for m in memory.get_all("me")] == live
    told = [m for m in memory.store.memories("me", include_past=True) if m.state == "past"]
    history = [row.old_memory for m in memory.get_all("me") for row in memory.history(m.id, "me")]
    assert all(text in [m.text for m in told] or text in history for text in past)
    assert script.inputs("update") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann lives in Oslo", {"Ann"}),
        ("ann's sister knows BEN", {"Ann", "Ben"}),
        ("Anna and Benny met", set()),
        ("Mary Ann sings", {"Ann", "Mary Ann"}),
        ("", set()),
    ],
)
def test_names_are_whole_words_in_any_case(text: str, expected: set[str]) -> None:
    assert named(text, SPEAKERS) == expected


def test_a_speaker_without_a_name_is_never_named() -> None:
    assert named("anything at all", ("", " ")) == frozenset()


@pytest.mark.parametrize(
    ("memory", "question", "may"),
    [
        ("Ben lives in Rome", "Where does Ann live?", False),
        ("Ben is a friend of Ann", "Who is Ann's friend?", True),
        ("Mia works as a baker", "What does Ann's sister do?", True),
        ("Ben lives in Rome", "Where do Ann and Ben live?", True),
        ("Ben lives in Rome", "Who lives in Rome?", True),
    ],
)
def test_only_what_names_another_speaker_alone_is_left_out(memory: str, question: str, may: bool) -> None:
    assert may_answer(memory, question, ("Ann", "Ben")) is may
