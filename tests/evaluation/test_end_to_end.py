import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from evaluation.figures.intervals import Share
from evaluation.synthetic.end_to_end import evaluate_dialogues
from evaluation.synthetic.stages import STAGE_SETS, StageGenerator
from runtime_py.dialogues import read_dialogues
from runtime_py.errors import ConfigError
from runtime_py.memory import to_sessions
from runtime_py.operations.generate import GenerateInput
from runtime_py.operations.update import MemoryEvent, UpdateInput
from tests.runtime_py.script import Script, WordEmbedder

LIVES = {"event": "ADD", "text": "Ana lives in Kluvo"}
MOVES = {"event": "UPDATE", "text": "Ana lives in Trem", "old": "Ana lives in Kluvo"}
LEAVES = {"event": "DELETE", "text": "Bo plays chess", "old": "Bo plays chess"}


def turn(name: str, speaker: str, text: str, **oracle: Any) -> dict[str, Any]:
    return {"id": name, "speaker": speaker, "text": text, "facts": [], "events": [], **oracle}


def written_dialogue(name: str) -> dict[str, Any]:
    first = [
        turn("1", "Ana", "Hi! *Ana lives in Kluvo*", facts=["Ana lives in Kluvo"], events=[LIVES]),
        turn("2", "Bo", "Nice. *Bo plays chess*", facts=["Bo plays chess"],
             events=[{"event": "ADD", "text": "Bo plays chess"}]),
        turn("3", "Ana", "Bye"),
    ]  # fmt: skip
    second = [
        turn("4", "Ana", "*Ana lives in Trem* now", facts=["Ana lives in Trem"], events=[MOVES]),
        turn("5", "Bo", "*Bo no longer plays chess*", facts=["Bo no longer plays chess"], events=[LEAVES]),
    ]  # fmt: skip
    questions = [
        {"id": "q1", "text": "Where does Ana live?", "kind": "single_hop", "answer": "Ana lives in Trem",
         "evidence": ["4"]},
        {"id": "q2", "text": "Does Bo swim?", "kind": "unanswerable", "answer": "no information available"},
    ]  # fmt: skip
    sessions = [{"date": "2023-05-12", "time": "09:30", "turns": first}, {"date": None, "turns": second}]
    return {"format": "memlora.dialogue", "version": 1, "id": name, "speakers": ["Ana", "Bo"],
            "sessions": sessions, "questions": questions}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(written_dialogue(name)) + "\n" for name in ("d1", "d2")))
    return path


def newest_about(given: GenerateInput) -> str:
    """The last memory that shares the question's name and verb, else no information."""
    person, verb = given.question.rstrip("?").split()[-2:]
    fitting = [m.text for m in given.memories if person in m.text and verb in m.text]
    return fitting[-1] if fitting else "no information available"


def replace_homes(given: UpdateInput) -> list[MemoryEvent]:
    home = next((i for i, m in enumerate(given.memories) if "lives in" in m), None)
    return [
        MemoryEvent(str(home), fact, "UPDATE")
        if home is not None and "lives in" in fact
        else MemoryEvent(str(len(given.memories) + i), fact, "ADD")
        for i, fact in enumerate(given.facts)
    ]


def models() -> dict[str, Script]:
    silent = Script(extract=lambda _g: [], generate=lambda _g: "dunno")
    return {"base": silent, "expert": Script(update=replace_homes, generate=newest_about)}


def evaluate(data: Path, journal: Path, used: dict[str, Script], **given: Any) -> dict[str, Any]:
    return evaluate_dialogues(used, WordEmbedder(), "fake", data, journal, **given)


def test_the_first_speaker_is_the_user(data: Path) -> None:
    (dialogue,) = read_dialogues(data, limit=1)
    first, second = to_sessions(dialogue)
    assert (first.moment, second.moment) == (datetime(2023, 5, 12, 9, 30), None)
    assert [turn.role for turn in first.turns] == ["user", "assistant", "user"]


def test_each_stage_is_done_by_whom_its_set_names(tmp_path: Path, data: Path) -> None:
    used = models()
    figures = evaluate(data, tmp_path / "j.jsonl", used)
    assert list(figures) == list(STAGE_SETS)
    assert figures["none"]["all"] == Share(0, 4)
    assert figures["extract+update"]["all"] == Share(0, 4)
    for name in ("experts", "oracle facts", "oracle memory", "oracle retrieval"):
        assert figures[name]["all"] == Share(4, 4), name
        assert figures[name]["single_hop"] == Share(2, 2)
    assert figures["none"]["exchanges failed"] == Share(0, 6)
    # Two dialogues of equal words: every stage set asks the expert to extract the same, so it is asked once.
    assert len(used["expert"].inputs("extract")) == 3


def test_a_stage_is_done_in_the_form_that_its_model_has() -> None:
    whole, chooser = Script(), Script()
    chooser.operations = ("select", "generate")
    mixed = StageGenerator({"extract": chooser, "update": whole, "generate": chooser})
    assert sorted(mixed.operations) == ["generate", "select", "update"]
    assert sorted(StageGenerator(dict.fromkeys(("extract", "update"), chooser)).operations) == ["select"]


def test_oracle_retrieval_gives_only_what_the_evidence_told(tmp_path: Path, data: Path) -> None:
    used = models()
    evaluate(data, tmp_path / "j.jsonl", used, names=["oracle retrieval"], limit=1)
    told = {given.question: [m.text for m in given.memories] for given in used["expert"].inputs("generate")}
    assert told == {"Where does Ana live?": ["Ana lives in Trem"], "Does Bo swim?": []}


def test_a_stopped_run_goes_on(tmp_path: Path, data: Path) -> None:
    def stop(what: str) -> None:
        if "oracle facts" in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(data, tmp_path / "j.jsonl", models(), advance=stop)
    done = (tmp_path / "j.jsonl").read_text().count("\n")
    used = models()
    figures = evaluate(data, tmp_path / "j.jsonl", used)
    assert figures == evaluate(data, tmp_path / "whole.jsonl", models())
    assert done == 1 + 5


def test_a_model_that_fails_is_counted(tmp_path: Path, data: Path) -> None:
    def fail(_given: Any) -> Any:
        raise ConfigError("cannot")

    used = {"base": Script(), "expert": Script(extract=fail, generate=newest_about)}
    figures = evaluate(data, tmp_path / "j.jsonl", used, names=["experts"])
    assert figures["experts"]["exchanges failed"] == Share(6, 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"format": "x"}, "1: expected the format"), ({"sessions": [{}]}, "1: sessions.0.: expected the key")],
)
def test_bad_dialogues_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps(written_dialogue("d") | change) + "\n")
    with pytest.raises(ConfigError, match=message):
        list(read_dialogues(path))
