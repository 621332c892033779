"""Everyday dialogues: determinism, what is kept from training, answers in their evidence, shares of kinds."""

import re
from collections import Counter
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from distill.corpus.broad import broad_dialogues
from distill.corpus.broad.ask import SHARES
from distill.corpus.broad.kinds import held_out_kinds
from distill.corpus.natural_text import UNANSWERABLE
from distill.datasets.example import final_memory
from distill.datasets.natural import written_rows
from distill.datasets.recall import recall_examples
from memlora_cli.main import main
from runtime_py.dialogues import Dialogue, from_json, to_json
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples
from runtime_py.text.days import Expression, expressions

_DAY = re.compile(r"(the week|[A-Z][a-z]+ 20\d\d$)")


@cache
def _dialogues(split: str = "train") -> tuple[Dialogue, ...]:
    return tuple(broad_dialogues(split, 60, 7))


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    again = [to_json(d) for d in broad_dialogues("train", 10, 7)]
    assert again == [to_json(d) for d in _dialogues()[:10]]
    assert to_json(next(broad_dialogues("train", 1, 8))) not in again
    with pytest.raises(ConfigError, match="unknown split"):
        broad_dialogues("exam", 1, 0)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_dialogues_are_of_the_format_and_its_size(split: str) -> None:
    for dialogue in _dialogues(split):
        assert from_json(to_json(dialogue), "test") == dialogue
        turns = list(dialogue.turns)
        assert 24 <= len(turns) <= 36
        assert [turn.id for turn in turns] == [str(n + 1) for n in range(len(turns))]
        assert 2 <= len(dialogue.sessions) <= 4
        days = [session.date for session in dialogue.sessions if session.date]
        assert all(5 <= (later - day).days <= 45 for day, later in pairwise(days))
        assert 16 <= len(dialogue.questions) <= 20
        assert final_memory(dialogue).rows
        for turn in turns:
            assert "{" not in turn.text
            assert len(turn.facts or ()) == len(turn.events or ()) <= 2
            assert turn.speaker != "Assistant" or not turn.facts


@pytest.mark.parametrize("split", ["train", "test"])
def test_an_answer_stands_in_its_evidence_or_follows_from_it(split: str) -> None:
    resolved = dated = 0
    for dialogue in _dialogues(split):
        texts = {turn.id: turn.text for turn in dialogue.turns}
        facts = {turn.id: " ".join(turn.facts or ()) for turn in dialogue.turns}
        days = {turn.id: session.date for session in dialogue.sessions for turn in session.turns}
        for question in dialogue.questions:
            answer, told = question.answer, [texts[i] for i in question.evidence]
            if question.kind == "unanswerable":
                assert (answer, told) == (UNANSWERABLE, [])
            elif question.kind == "retracted":
                assert answer == "no"
                assert "no longer: " in facts[question.evidence[-1]]
            elif _DAY.search(answer):
                assert answer in " ".join(facts[i] for i in question.evidence)
                meanings = {e.meaning for i in question.evidence for e in _read(texts[i], days[i])}
                resolved += answer in meanings or answer in " ".join(told)
                dated += 1
            elif question.kind == "changed":
                assert answer in told[-1]
            elif question.kind == "past":
                assert answer in told[0]
                assert len(told) == 2
            elif answer != "yes":
                parts = question.alternatives[0].split(", ") if question.alternatives else [answer]
                assert all(part in " ".join(told) for part in parts), (question, told)
    assert resolved > 0.9 * dated  # by the runtime's own reading of relative days, which knows fewer of them


def _read(text: str, day: date | None) -> list[Expression]:
    assert day is not None
    return expressions(text, day)


def test_kinds_are_asked_in_their_shares_and_small_talk_is_half() -> None:
    kinds = Counter(question.kind for dialogue in _dialogues() for question in dialogue.questions)
    total = sum(kinds.values())
    assert {kind: round(kinds[kind] / total, 2) for kind in SHARES} == pytest.approx(SHARES, abs=0.03)
    turns = [turn for dialogue in _dialogues() for turn in dialogue.turns]
    assert 0.38 < sum(bool(turn.facts) for turn in turns) / len(turns) < 0.55
    events = Counter(event.event for turn in turns for event in turn.events or ())
    assert events["UPDATE"] > 2 * len(_dialogues())
    assert events["NONE"] > 0
    assert events["DELETE"] > 0


def test_one_who_asks_is_me_or_each_fifth_of_two_people() -> None:
    for dialogue in _dialogues():
        askers = [question.asker for question in dialogue.questions]
        if dialogue.speakers == ("Me", "Assistant"):
            assert set(askers) == {"Me"}
        else:
            assert [bool(asker) for asker in askers] == [n % 5 == 4 for n in range(len(askers))]
            assert set(askers) <= {"", *dialogue.speakers}


def test_training_has_no_fact_of_a_held_out_kind() -> None:
    """By the facts' own words, which no other kind has."""
    said = {
        split: " ".join(fact for d in _dialogues(split) for turn in d.turns for fact in turn.facts or ())
        for split in ("train", "validation", "test")
    }
    assert "wifi_password" in held_out_kinds()
    for mark in ("wifi password", "pet is a ", "clothes size", "favourite drink", "passport is kept", "is learning"):
        assert [mark in said[split] for split in ("train", "validation", "test")] == [False, True, True]


@pytest.mark.slow
def test_the_command_adds_them_to_each_pass_of_training_alone(tmp_path: Path) -> None:
    assert main(["import", "written", "--out", str(tmp_path), "--passes", "2", "--broad", "2"]) == 0
    names = [row.id for row in read_examples(tmp_path / "datasets" / "generate" / "train.jsonl")]
    made = {name.split("/")[1] for name in names if "broad-" in name}
    assert made == {f"broad-train-{seed}-{index:06d}" for seed in (0, 1) for index in (0, 1)}
    assert any("broad-" in row.id for row in read_examples(tmp_path / "datasets" / "select" / "train.jsonl"))
    assert not any("broad-" in row.id for row in read_examples(tmp_path / "datasets" / "generate" / "test.jsonl"))


def test_rows_of_them_are_like_those_of_written_dialogues() -> None:
    rows = [row for row in written_rows("generate", "train", 1, broad=1) if "broad-" in row.id]
    (dialogue,) = broad_dialogues("train", 1, 0)
    assert 10 < len(rows) <= len(dialogue.questions)
    assert [row.target for row in recall_examples(dialogue, Random(f"generate:{dialogue.id}:0"))] == [
        row.target for row in rows
    ]
