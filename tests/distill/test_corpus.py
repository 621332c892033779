"""The synthetic world: determinism, disjoint splits, an oracle that agrees with what is said."""

import re
import subprocess
import sys
from collections import Counter
from functools import cache
from random import Random

import pytest

from distill.corpus import SPLITS, generate_dialogues
from distill.corpus.attributes import attributes, choose
from distill.corpus.phrases import random_day, random_phrase
from distill.corpus.speech import speech
from distill.corpus.words import CLOSED, made_up_word, split_of
from runtime_py.dialogues import Dialogue, to_json
from runtime_py.errors import ConfigError
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.text import annotate
from runtime_py.text.dates import MONTHS

COUNT = 60
_WORD = re.compile(r"[A-Za-z]+")


@cache
def dialogues(split: str) -> tuple[Dialogue, ...]:
    return tuple(generate_dialogues(split, COUNT, seed=5))


@cache
def frame_words() -> frozenset[str]:
    """Words of the wordings themselves and of closed kinds: everything that is not a person, name or open value."""
    frames: list[str] = [
        *MONTHS,
        *(word for words in CLOSED.values() for word in words),
        UNANSWERABLE,
        "on the week weekend of an",
    ]
    for attribute in attributes().values():
        frames += [attribute.fact, attribute.lost]
    text = " ".join(re.sub(r"\{\w+\}", " ", frame) for frame in frames)
    return frozenset(_WORD.findall(text.lower()))


def open_words(dialogue: Dialogue) -> set[str]:
    """People and open values of a dialogue: what its facts hold beside the frames."""
    facts = [fact for turn in dialogue.turns for fact in turn.facts or ()]
    found = {word for text in [*facts, *dialogue.speakers] for word in _WORD.findall(text.lower())}
    return found - frame_words()


def test_the_same_split_and_seed_give_the_same_bytes() -> None:
    again = [to_json(dialogue) for dialogue in generate_dialogues("train", 5, seed=5)]
    assert again == [to_json(dialogue) for dialogue in dialogues("train")[:5]]
    assert again != [to_json(dialogue) for dialogue in generate_dialogues("train", 5, seed=6)]


def test_people_names_and_values_of_the_splits_are_disjoint() -> None:
    words = {split: set().union(*map(open_words, dialogues(split))) for split in SPLITS}
    assert all(len(found) > 100 for found in words.values())
    for one in ("train", "validation", "test"):
        for two in ("train", "validation", "test"):
            assert one == two or not words[one] & words[two]
    assert not words["test_templates"] & (words["train"] | words["validation"])


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_made_up_word_belongs_to_its_split(split: str) -> None:
    random = Random(3)
    assert {split_of(made_up_word(random, split)) for _ in range(200)} == {split}


def test_held_out_wordings_are_used_by_their_split_alone() -> None:
    lists = [speech()["chat"], speech()["greetings"]]
    for attribute in attributes().values():
        lists += [
            wordings
            for wordings in (attribute.say, attribute.change, attribute.drop, attribute.ask, attribute.ask_all)
            if wordings
        ]
    for wordings in lists:
        random = Random(1)
        seen = {choose(random, wordings, "train") for _ in range(400)}
        held_out = {choose(random, wordings, "test_templates") for _ in range(400)}
        assert seen | held_out == set(wordings)
        assert not seen & held_out
    held_out_chat = set(speech()["chat"][4::5])
    said = {
        split: " ".join(turn.text for d in dialogues(split) for turn in d.turns) for split in ("test", "test_templates")
    }
    assert not any(sentence in said["test"] for sentence in held_out_chat)
    assert all(sentence in said["test_templates"] for sentence in held_out_chat)
    assert not any(sentence in said["test_templates"] for sentence in set(speech()["chat"]) - held_out_chat)


@pytest.mark.parametrize("split", SPLITS)
def test_every_fact_is_told_by_its_turn(split: str) -> None:
    """Open values stand in the text, and the runtime's date arithmetic reaches the phrase that the oracle computed."""
    dated = 0
    for dialogue in dialogues(split):
        for session in dialogue.sessions:
            for turn in session.turns:
                spoken = annotate(turn.text, session.date)
                words = set(_WORD.findall(spoken.lower()))
                for fact in turn.facts or ():
                    missing = set(_WORD.findall(fact.lower())) - frame_words() - words - {turn.speaker.lower()}
                    assert not missing, (turn, fact)
                    phrase = re.search(r"(?:\d+ [A-Z]\w+ \d{4}|[A-Z]\w+ \d{4}|\b20\d\d)$", fact)
                    if phrase:
                        dated += 1
                        assert phrase[0] in spoken, (session.date, turn, fact)
    assert dated > 50


def test_the_oracle_and_the_runtime_resolve_every_phrase_alike() -> None:
    """Two derivations: day ordinals here, a pattern over the text there."""
    random = Random(11)
    for _ in range(3000):
        today, time = random_day(random), random.choice(["past", "future"])
        phrase = random_phrase(random, time, today)
        said = f"I {'saw' if time == 'past' else 'will see'} it {phrase.spoken}"
        meant = phrase.resolved.removeprefix("on ").removeprefix("in ")
        assert annotate(f"{said}.", today) == (f"{said}." if meant in said else f"{said} [{meant}].")


@pytest.mark.parametrize("split", SPLITS)
def test_the_oracles_events_replay(split: str) -> None:
    counts: Counter[str] = Counter()
    for dialogue in dialogues(split):
        memory: list[str] = []
        for turn in dialogue.turns:
            assert turn.facts is not None
            assert turn.events is not None
            for fact, event in zip(turn.facts, turn.events, strict=True):
                counts[event.event] += 1
                if event.event == "ADD":
                    assert event.text not in memory
                    assert event.old is None
                    memory.append(fact)
                elif event.event == "UPDATE":
                    memory[memory.index(str(event.old))] = fact
                elif event.event == "DELETE":
                    assert fact != event.text
                    memory.remove(event.text)
                else:
                    assert fact in memory
                assert event.event == "DELETE" or fact == event.text
    assert set(counts) == {"ADD", "UPDATE", "DELETE", "NONE"}
    assert min(counts.values()) > 0.05 * counts.total()


def test_questions_are_answered_by_their_evidence() -> None:
    kinds: Counter[str] = Counter()
    for dialogue in dialogues("test"):
        facts = {turn.id: " | ".join(turn.facts or ()) for turn in dialogue.turns}
        assert len({question.text for question in dialogue.questions}) == len(dialogue.questions)
        for question in dialogue.questions:
            kinds[question.kind] += 1
            assert (question.kind == "unanswerable") == (question.answer == UNANSWERABLE) == (not question.evidence)
            if question.evidence:
                told = " ".join(facts[turn] for turn in question.evidence)
                assert all(value in told for value in question.answer.split(", "))
    total = kinds.total()
    assert 0.10 <= kinds["unanswerable"] / total <= 0.25
    assert 0.15 <= kinds["temporal"] / total <= 0.35
    assert kinds["multi_hop"] / total >= 0.10


def test_a_question_about_what_was_taken_back_is_unanswerable() -> None:
    """Some unanswerable question names a value or an attribute that a DELETE removed."""
    removed = 0
    for dialogue in dialogues("test"):
        gone = [event.text for turn in dialogue.turns for event in turn.events or () if event.event == "DELETE"]
        removed += sum(q.kind == "unanswerable" for q in dialogue.questions) if gone else 0
    assert removed > 10


def test_both_speakers_tell_facts() -> None:
    for dialogue in dialogues("train"):
        assert {turn.speaker for turn in dialogue.turns if turn.facts} == set(dialogue.speakers)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected one of train, validation, test, test_templates, got 'tests'"):
        generate_dialogues("tests", 1, 0)


def test_the_corpus_and_its_datasets_need_no_torch() -> None:
    code = "import sys, distill.corpus, distill.datasets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
