"""The everyday suite over two small dialogues and a scripted model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.everyday.dialogue import WAYS
from evaluation.everyday.suite import choose, evaluate_split, steps
from evaluation.figures.intervals import Share
from runtime_py.errors import ConfigError
from runtime_py.operations.generate import UNANSWERABLE, GenerateInput
from runtime_py.operations.select import SelectInput, numbered
from tests.runtime_py.script import Script, WordEmbedder


def turn(name: str, speaker: str, text: str, *events: dict[str, str]) -> dict[str, Any]:
    facts = [event["text"] for event in events]
    return {"id": name, "speaker": speaker, "text": text, "facts": facts, "events": list(events)}


def written_dialogue(name: str) -> dict[str, Any]:
    old, new = "The user lives in Kluvo", "The user lives in Trem"
    first = [
        turn("1", "Me", "I live in Kluvo now.", {"event": "ADD", "text": old}),
        turn("2", "Assistant", "Noted, you live there."),
        turn("3", "Me", "My dentist is Bo.", {"event": "ADD", "text": "The user's dentist is Bo"}),
    ]
    second = [turn("4", "Me", "I live in Trem now.", {"event": "UPDATE", "text": new, "old": old})]
    questions = [
        {"id": "q1", "text": "Where do I live?", "kind": "changed", "answer": "Trem", "evidence": ["4"],
         "asker": "Me"},
        {"id": "q2", "text": "Who is my dentist?", "kind": "single_hop", "answer": "Bo", "evidence": ["3"],
         "asker": "Me"},
        {"id": "q3", "text": "What is my shoe size?", "kind": "unanswerable", "answer": UNANSWERABLE, "asker": "Me"},
    ]  # fmt: skip
    sessions = [{"date": "2024-03-12", "time": "10:15", "turns": first}, {"date": "2024-04-01", "turns": second}]
    return {"format": "memlora.dialogue", "version": 1, "id": name, "speakers": ["Me", "Assistant"],
            "sessions": sessions, "questions": questions}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(written_dialogue(name)) + "\n" for name in ("k01", "k02", "k03", "l01", "l02")))
    return path


def keep_all(given: SelectInput) -> list[int]:
    return list(range(1, len(numbered(given)) + 1))


def newest(given: GenerateInput) -> str:
    """The last thing read that shares the question's last word, else the refusal."""
    word = given.question.rstrip("?").split()[-1]
    fitting = [m.text for m in given.memories if word in m.text]
    return fitting[-1].rstrip(".").split()[-1 if word != "live" else -2] if fitting else UNANSWERABLE


def models(answer: Callable[[GenerateInput], Any] = newest) -> dict[str, Script]:
    return {
        "expert": Script(select=keep_all, generate=answer),
        "base": Script(select=keep_all, generate=lambda _given: "dunno"),
    }


def evaluate(data: Path, journal: Path, used: dict[str, Script], **given: Any) -> dict[str, Any]:
    return evaluate_split(choose(data, 2), used, WordEmbedder(), "fake", journal, **given)


def test_dialogues_are_taken_evenly_over_hands(data: Path) -> None:
    assert [d.id for d in choose(data, 3)] == ["k01", "k02", "l01"]
    assert [d.id for d in choose(data, 4)] == ["k01", "k02", "l01", "l02"]
    assert len(choose(data, None)) == 5
    assert steps(choose(data, 2), WAYS) == 2 * (3 + 5 * 3)


def test_a_hand_of_two_letters_is_none_of_its_first(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(written_dialogue(name)) + "\n" for name in ("a01", "a02", "aa01", "ab01")))
    assert [dialogue.id for dialogue in choose(path, 3)] == ["a01", "aa01", "ab01"]


def test_every_way_answers_every_question(tmp_path: Path, data: Path) -> None:
    figures = evaluate(data, tmp_path / "j.jsonl", models())
    assert figures["dialogues"] == 2
    assert list(figures["answers"]) == list(WAYS)
    for way in ("both", "turns", "memories"):
        row = figures["answers"][way]
        assert (row["answered"], row["changed"], row["single_hop"]) == (Share(4, 4), Share(2, 2), Share(2, 2)), way
        assert row["unanswerable, refused"] == Share(2, 2)
        assert "past" not in row
    assert figures["answers"]["refusal"]["answered"] == Share(0, 4)
    assert figures["answers"]["refusal"]["unanswerable, refused"] == Share(2, 2)
    assert figures["answers"]["base"]["answered"] == Share(0, 4)
    assert figures["answers"]["base"]["unanswerable, refused"] == Share(0, 2)


def test_a_stopped_run_goes_on(tmp_path: Path, data: Path) -> None:
    def stop(what: str) -> None:
        if what == "asking, memories":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(data, tmp_path / "j.jsonl", models(), advance=stop)
    done = (tmp_path / "j.jsonl").read_text().count("\n")
    assert done == 1 + 3
    used = models()
    assert (
        evaluate(data, tmp_path / "j.jsonl", used)["answers"]
        == evaluate(data, tmp_path / "w.jsonl", models())["answers"]
    )
    assert len(used["expert"].inputs("generate")) == 3 + 3 * 3  # `memories` of the first dialogue, all of the second
    used = models()
    evaluate(data, tmp_path / "j.jsonl", used)
    assert used["expert"].seen == []


def test_a_bundle_that_cannot_run_its_base_says_so(tmp_path: Path, data: Path) -> None:
    def refuse(_given: GenerateInput) -> str:
        raise ConfigError("this bundle has no base alone")

    used = models() | {"base": Script(select=keep_all, generate=refuse)}
    figures = evaluate(data, tmp_path / "j.jsonl", used, ways=("turns", "base"))
    assert list(figures["answers"]) == ["turns"]
    assert figures["missing"] == {"base": "this bundle has no base alone"}
