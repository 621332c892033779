import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evaluation import suites
from evaluation.figures.evidence_recall import DEPTHS, match_turns, recall, searches
from evaluation.figures.intervals import Ratio, Share
from evaluation.locomo.suite import evaluate_conversation
from runtime_py.bundle import Bundle, Experts
from runtime_py.dialogues import read_locomo
from runtime_py.errors import ConfigError
from runtime_py.memory.ingest import ingest, to_sessions
from runtime_py.memory.memory import Memory
from runtime_py.store.store import Store
from tests.evaluation.locomo.file import locomo_file
from tests.runtime_py.script import Script, WordEmbedder


def said(number: str, speaker: str, text: str, **more: str) -> dict[str, str]:
    return {"dia_id": number, "speaker": speaker, "text": text, **more}


def invented_sample() -> dict[str, Any]:
    conversation = {
        "speaker_a": "Ana", "speaker_b": "Bo",
        "session_1_date_time": "1:56 pm on 8 May, 2023", "session_2_date_time": "9:00 am on 1 June, 2023",
        "session_3_date_time": "9:00 am on 3 June, 2023",
        "session_1": [said("D1:1", "Ana", "*Ana paints boats*"), said("D1:2", "Bo", "Great! *Bo grows beans*")],
        "session_2": [
            said("D2:1", "Bo", "*Bo visited Lisbon*", img_url="x", blip_caption="a tram", query="secret words"),
        ],
    }  # fmt: skip
    qa = [
        {"question": "What does Ana paint?", "answer": "boats", "evidence": ["D1:1"], "category": 4},
        {"question": "How many?", "answer": 7, "evidence": ["D8:6; D2:01", "D"], "category": 1},
        {"question": "Does Ana swim?", "evidence": ["D1:2"], "category": 5, "adversarial_answer": "daily"},
        {"question": "Would Bo travel?", "answer": "Yes; he went", "evidence": [], "category": 3},
    ]  # fmt: skip
    return {"sample_id": "made-up", "conversation": conversation, "qa": qa}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([invented_sample()]))
    return path


def open_memory(folder: Path, script: Script) -> Memory:
    embedder = WordEmbedder()
    return Memory(script, embedder, Store(folder / "memory.db", embedder))


def test_reading(file: Path) -> None:
    (dialogue,) = read_locomo(file, ["made-up"])
    assert [session.date for session in dialogue.sessions] == [date(2023, 5, 8), date(2023, 6, 1)]
    assert [turn.text for turn in dialogue.sessions[1].turns] == ["*Bo visited Lisbon* [shares a photo: a tram]"]
    assert [q.evidence for q in dialogue.questions] == [("D1:1",), ("D2:1",), ("D1:2",), ()]
    assert [q.answer for q in dialogue.questions] == ["boats", "7", "no information available", "Yes; he went"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a LoCoMo JSON file"),
        ("[]", "expected a sample out of "),
        ('[{"sample_id": "made-up"}]', "conversation, qa"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_locomo(path, ["made-up"])
    with pytest.raises(ConfigError, match="expected a LoCoMo JSON file"):
        read_locomo(tmp_path / "none.json")


def test_unknown_sample_names_the_known(file: Path) -> None:
    with pytest.raises(ConfigError, match="expected a sample out of made-up, got 'conv-1'"):
        read_locomo(file, ["conv-1"])


def test_recall_through_provenance_and_raw_turns(tmp_path: Path, file: Path) -> None:
    (dialogue,) = read_locomo(file, ["made-up"])
    with open_memory(tmp_path, Script()) as memory:
        ingest(memory, "made-up", to_sessions(dialogue))
        places = match_turns(memory.store, "made-up", dialogue)
        assert sorted(places.values()) == ["D1:1", "D1:2", "D2:1"]
        figures = recall(searches(memory, WordEmbedder(), "made-up", places), dialogue.questions)
    assert figures["raw turns, vector"][f"recall@{max(DEPTHS)}"] == Share(3, 3)
    assert figures["memories (hybrid)"][f"recall@{max(DEPTHS)}"] == Share(3, 3)
    # The one keyword hit for "Does Ana swim?" is D1:1, not its evidence D1:2; the memory of D1:1 leads to both turns.
    assert figures["raw turns, keyword"]["recall@30"] == Share(1, 3)
    assert figures["memories (hybrid)"]["recall@1"].value >= 2 / 3


def test_conversation(tmp_path: Path, file: Path) -> None:
    (dialogue,) = read_locomo(file, ["made-up"])
    answers = {"What does Ana paint?": "boats", "Does Ana swim?": "no information available"}
    script = Script(generate=lambda given: answers.get(given.question, "seven, 7"))
    with open_memory(tmp_path, script) as memory:
        ingest(memory, "u", to_sessions(dialogue))
        given = (memory, script, WordEmbedder(), "fake", dialogue, "u", tmp_path / "j.jsonl")
        figures = evaluate_conversation(*given)
        asked = len(script.inputs("generate"))
        assert evaluate_conversation(*given) == figures
        assert len(script.inputs("generate")) == asked == 12
    read = figures["answers"]["turns"]
    assert read["4 single-hop, F1"] == Ratio.mean([1.0])
    assert read["1 multi-hop, F1"] == Ratio.mean([1.0])
    assert read["5 adversarial, refused"] == Share(1, 1)
    assert read["categories 1 to 4, F1"] == Ratio.mean([1.0, 1.0, 0.0])
    turns = next(i for i in script.inputs("generate") if any("tram" in m.text for m in i.memories)).memories
    assert any(m.speaker == "Bo" and m.text.startswith("*Bo visited") and m.day == date(2023, 6, 1) for m in turns)


def test_a_store_that_lacks_turns_is_refused(tmp_path: Path, file: Path) -> None:
    (dialogue,) = read_locomo(file, ["made-up"])
    with open_memory(tmp_path, Script()) as memory:
        ingest(memory, "other user", to_sessions(dialogue))
        with pytest.raises(ConfigError, match=r"lacks turn D1:1 .* expected all 3 turns of user 'made-up', got 0"):
            match_turns(memory.store, "made-up", dialogue)


def test_whole_real_conversation_with_scripted_facts(tmp_path: Path) -> None:
    (dialogue,) = read_locomo(locomo_file(), ["conv-26"])
    assert len(list(dialogue.turns)) == 419
    assert sum(q.category == 5 for q in dialogue.questions) == 47
    questions = dialogue.questions[:30] + tuple(q for q in dialogue.questions if q.category == 5)[:10]
    dialogue = replace(dialogue, questions=questions)
    script = Script(extract=lambda given: [m.text for m in given.messages], generate=lambda _g: "not mentioned")
    with open_memory(tmp_path, script) as memory:
        ingest(memory, "conv-26", to_sessions(dialogue))
        given = (memory, script, WordEmbedder(), "fake", dialogue, "conv-26", tmp_path / "j.jsonl")
        figures = evaluate_conversation(*given)
    assert figures["answers"]["memories"]["5 adversarial, refused"] == Share(10, 10)
    for way, column in figures["retrieval"].items():
        found = [column[f"recall@{k}"].value for k in DEPTHS]
        assert found == sorted(found), way
        assert found[-1] > found[0], way


def test_what_another_bundle_remembered_is_not_gone_on_with(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run is killed before its first answer, so that no journal tells whose store it left."""

    def killed(_given: object) -> str:
        raise KeyboardInterrupt

    def evaluate(bundle: str, script: Script) -> dict[str, Any]:
        opened = SimpleNamespace(sha256=bundle, embedder=WordEmbedder, prompt=lambda _: SimpleNamespace(retrieve_k=3))
        monkeypatch.setattr(Bundle, "open", lambda _path: opened)
        monkeypatch.setattr(Experts, "of_memory", lambda *_: script)
        return suites.evaluate_locomo(tmp_path, file, "made-up", tmp_path / "out")

    with pytest.raises(KeyboardInterrupt):
        evaluate("one", Script(generate=killed))
    second = Script(generate=lambda _given: "boats")
    assert evaluate("two", second)["bundle"] == "two"
    assert len(second.inputs("extract")) == 2
