"""What a question reads in a memory of sentences as they were said, and who asks it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from runtime_py.memory import Memory, Reads, says_too
from runtime_py.memory.reading import asker_of, may_answer
from runtime_py.memory.rules import named
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.store import Store, Turn, Vectors
from tests.runtime_py.memory.conftest import Opened, keep_all
from tests.runtime_py.script import Script, WordEmbedder

DAY = date(2026, 3, 2)
LATER = date(2026, 4, 2)
SPEAKERS = ("Ann", "Ben", "Mary Ann")


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
    memory.add(
        [{"role": "user", "content": "I like tea."}, {"role": "assistant", "content": "You live in Rome."}], "me", DAY
    )
    assert [m.text for m in memory.get_all("me")] == ["The user likes tea."]


def test_what_was_corrected_is_read_in_its_new_words_alone(opened: Opened) -> None:
    memory, script = opened()
    memory.add("I rent a flat in Leeds, third floor. I have a cat.", "me", DAY)
    memory.update(1, "I rent a flat in Hull, third floor. I have a cat.", "me")
    memory.ask("Where is my flat?", "me")
    (given,) = script.inputs("generate")
    assert [m.text for m in given.memories] == ["I rent a flat in Hull, third floor. I have a cat.", "I have a cat."]


def test_what_was_corrected_back_is_read_as_it_was_said(opened: Opened) -> None:
    memory, script = opened()
    memory.add("My flat is in Leeds.", "me", DAY)
    for text in ("My flat is in Hull.", "My flat is in Leeds."):
        memory.update(1, text, "me")
    memory.ask("Where is my flat?", "me")
    (given,) = script.inputs("generate")
    assert [m.text for m in given.memories] == ["My flat is in Leeds."]


def test_a_persons_turn_comes_before_an_assistants_of_the_same_words(opened: Opened) -> None:
    memory, _ = opened(reads="turns")
    for role in ("assistant", "user"):
        memory.add({"role": role, "content": "The dentist is on Monday"}, "me", DAY, "s", role)
    turns = memory.ask("When is the dentist?", "me").turns
    assert [found.turn.role for found in turns] == ["user", "assistant"]


@pytest.mark.parametrize("refusal", [UNANSWERABLE, UNANSWERABLE.capitalize(), f"{UNANSWERABLE} on my shoe size"])
def test_a_refusal_shows_the_likely_turn_and_names_nothing_as_used(opened: Opened, refusal: str) -> None:
    memory, _ = opened(answer=lambda _given: refusal)
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


TOLD = [("Ann", "I adopted a hedgehog."), ("Ben", "I got a red bike. Ann, your dentist called.")]


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("What colour is Ann's bike?", "red", UNANSWERABLE),
        ("What colour is Ben's bike?", "red", "red"),
        ("What colour is the bike?", "red", "red"),
        ("Who got a bike, Ann or Ben?", "Ben", "Ben"),
        ("What did Ann adopt?", "a hedgehog", "a hedgehog"),
        ("Who called Ann?", "her dentist", "her dentist"),
        ("Does Ann have a red bike?", "no", "no"),
        ("What colour is Ann's bike?", "a hedgehog and red", "a hedgehog and red"),
    ],
)
def test_what_only_others_told_of_themselves_is_no_answer(
    opened: Opened, question: str, answer: str, right: str
) -> None:
    memory, _ = opened(answer=lambda _given: answer)
    messages = [
        {"role": "user" if name == "Ann" else "assistant", "content": text, "name": name} for name, text in TOLD
    ]
    memory.add(messages, "ann", DAY)
    assert memory.ask(question, "ann").text == right


def test_who_asks_in_the_first_person_is_asked_about(opened: Opened) -> None:
    memory, _ = opened(answer=lambda _given: "red")
    for name, text in TOLD:
        memory.add({"role": "user", "content": text, "name": name}, "ann", DAY, "s", name)
    asked = {asker: memory.ask("What colour is my bike?", "ann", asker=asker).text for asker in ("Ann", "Ben")}
    assert asked == {"Ann": UNANSWERABLE, "Ben": "red"}


def test_a_memory_added_by_hand_tells_too(opened: Opened) -> None:
    memory, _ = opened(answer=lambda _given: "red")
    for name, text in TOLD:
        memory.add({"role": "user", "content": text, "name": name}, "ann", DAY, "s", name)
    memory.update(memory.get_all("ann")[0].id, "Somebody painted Ann's new car red", "ann")
    assert memory.ask("What colour is Ann's car?", "ann").text == "red"


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


def test_what_another_told_of_himself_is_refused_unread(opened: Opened) -> None:
    memory, script = opened()
    for speaker, text in (("Ben", "Hi Ann! I bought a red kayak in June."), ("Ann", "The weather was awful all week.")):
        memory.add({"role": "user", "content": text, "name": speaker}, "them", DAY, "s", speaker)
    answer = memory.ask("When did Ann buy a red kayak?", "them")
    assert answer.text == UNANSWERABLE
    assert answer.likely is not None
    assert script.inputs("generate") == []
    memory.ask("When did Ben buy a red kayak?", "them")
    assert len(script.inputs("generate")) == 1


def test_what_was_told_of_the_one_asked_about_is_read(opened: Opened) -> None:
    memory, script = opened()
    for speaker, text in (("Ben", "Ann bought a red kayak in June."), ("Ann", "The weather was awful all week.")):
        memory.add({"role": "user", "content": text, "name": speaker}, "them", DAY, "s", speaker)
    memory.ask("When did Ann buy a red kayak?", "them")
    assert len(script.inputs("generate")) == 1


def test_a_piece_of_a_sentence_is_left_to_its_turn(opened: Opened) -> None:
    memory, _ = opened()
    memory.add("Two thousand one hundred.", "me", DAY)
    assert memory.get_all("me") == []
    assert [turn.text for turn in memory.search_turns("two thousand", "me")] == ["Two thousand one hundred."]


@pytest.mark.parametrize(
    ("speaker", "said", "memory", "is_again"),
    [
        ("", "As I said, my PIN is 4711!", "The user's PIN is 4711.", True),
        ("Ann", "My dog is called Rex.", "Ann's dog is called Rex.", True),
        ("Ann", "I live in Leeds since yesterday", "Ann lives in Leeds since yesterday [7 May 2023].", True),
        ("Ben", "My dog is called Rex.", "Ann's dog is called Rex.", False),
        ("", "My PIN is secret.", "The user's PIN is 4711.", False),
    ],
)
def test_words_that_say_a_memory_again(speaker: str, said: str, memory: str, is_again: bool) -> None:
    """Memories are in the third person, what was said is in the first."""
    assert says_too(Turn(1, "user", speaker, said, DAY), memory) is is_again
