"""A teacher's bank over an endpoint: rows for every operation, conversations at once, gone on with after a fault."""

import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from distill.teachers import TeacherError
from distill.teachers.bank import TeacherGenerator
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.openai import OpenAITeacher
from evaluation.protocol import read_protocol
from evaluation.protocol.judging import rule_judge
from evaluation.protocol.rows import ANSWER, FACTS, MEMORY
from memlora_cli.reproduce.bank import make_bank, make_rows
from memlora_cli.reproduce.ingredients import Ingredients
from memlora_cli.reproduce.run_folder import RunFolder
from runtime_py import operations
from runtime_py.dialogues import Dialogue, Question, Session, Turn
from runtime_py.files import read_examples, read_manifest
from tests.distill.endpoint import Endpoint, Reply, completion, serve
from tests.evaluation.protocol.test_answers import Words

__all__ = ["serve"]
SAID = ("I live in Kluvo.", "I keep a goat.", "I sing on Mondays.", "I moved to Oslo.")


def dialogue(name: str, town: str = "Kluvo") -> Dialogue:
    said = [text.replace("Kluvo", town) for text in SAID]
    turns = tuple(Turn(f"D1:{n}", "Ana" if n % 2 else "Bob", text) for n, text in enumerate(said, start=1))
    asked = Question("q1", "Where does Ana live?", "single_hop", "Kluvo", ("D1:1",), 4)
    refused = Question("q2", "Where does Bob live?", "unanswerable", "no information available", (), 5)
    return Dialogue(name, ("Ana", "Bob"), (Session(date(2023, 5, 8), turns),), (asked, refused))


def teach(_endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
    """Each of the exchange's sentences is a fact, and each fact is added."""
    given = body["messages"][0]["content"].rpartition("Input:\n")[2].removesuffix("\n\nOutput:")
    if given.startswith("memories:"):
        facts = [line.removeprefix("- ") for line in given.partition("facts:\n")[2].split("\n")]
        return completion(json.dumps({"memory": [{"id": "9", "text": fact, "event": "ADD"} for fact in facts]}))
    facts = [line.split(": ", 2)[2].replace("I ", f"{line.split(': ')[1]} ") for line in given.split("\n")[1:]]
    return completion(f"Here you are: {json.dumps({'facts': facts})}")


def ingredients(endpoint: Endpoint, answers: Path, **more: Any) -> Ingredients:
    config = EndpointConfig(endpoint.url, "m", attempts=1, **more)
    teacher = OpenAITeacher(config, answers)
    generator = TeacherGenerator(teacher, (FACTS, MEMORY))
    split = {"train": [dialogue("t1"), dialogue("t2")], "validation": [dialogue("v")], "test": [dialogue("x")]}
    return Ingredients(
        protocol=read_protocol(),
        split=split,
        base=Path(),
        teacher=lambda _dialogue: generator,
        taught_by=dict(teacher.description),
        judge=rule_judge(),
        title="",
        notes=(),
        parameters=1.0,
        together=2,
    )


def test_rows_of_a_bank(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    """Two conversations of the same words ask the same at the same time."""
    endpoint, words = serve(teach), Words()
    given = ingredients(endpoint, tmp_path / "answers")
    rows = make_rows(RunFolder(tmp_path / "run"), given, words)  # type: ignore[arg-type]
    for name in (FACTS, MEMORY, ANSWER):
        for part in ("train", "validation"):
            for row in read_examples(rows / name / f"{part}.jsonl"):
                operation = operations.get(name)
                operation.read_input(row.input)
                assert operation.render_output(operation.parse(row.target)) == row.target
    (answer,) = read_examples(rows / ANSWER / "validation.jsonl")
    assert answer.target == "Kluvo"
    # both views hold what both said, which is read once
    told = {text.replace("I ", "Ana " if number % 2 == 0 else "Bob ") for number, text in enumerate(SAID)}
    assert sorted(memory["text"] for memory in answer.input["memories"]) == sorted(told)
    asked = len(endpoint.requests)
    run = RunFolder(tmp_path / "run")
    assert make_rows(run, given, words) == rows  # type: ignore[arg-type]
    assert (run.made, len(endpoint.requests)) == ([], asked)


def test_a_teacher_that_goes_away(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    """What it answered is kept; the bank that it left is made again, and nothing is asked twice."""
    left, answered = [7], list[str]()

    def tired(endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
        left[0] -= 1
        if left[0] < 0:
            return 500, b"no more"
        answered.append(json.dumps(body))
        return teach(endpoint, body)

    endpoint = serve(tired)
    split = {part: [dialogue(part, f"Klu{part}")] for part in ("train", "validation")}
    given = replace(ingredients(endpoint, tmp_path / "answers"), together=1, split=split)
    with pytest.raises(TeacherError, match="HTTP 500"):
        make_rows(RunFolder(tmp_path / "run"), given, Words())  # type: ignore[arg-type]
    assert len(answered) == 7
    left[0] = 1000
    make_rows(RunFolder(tmp_path / "run"), given, Words())  # type: ignore[arg-type]
    assert len(set(answered)) == len(answered) > 7


def test_an_exchange_that_is_refused(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    """It is no reason to stop: its turns are kept, the others are taught."""

    def squeamish(endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
        return (422, b"no goats") if "goat" in body["messages"][0]["content"] else teach(endpoint, body)

    endpoint = serve(squeamish)
    given = ingredients(endpoint, tmp_path / "answers")
    bank = make_bank(RunFolder(tmp_path / "run"), given, dialogue("t1"), Words())  # type: ignore[arg-type]
    told = read_manifest(bank)["facts"]
    assert told["answers of no use"] == 2
    assert told["exchanges"]["Ana"] == {"stored": 1, "empty": 0, "failed": 1}
    assert len(read_examples(bank / f"{FACTS}.jsonl")) == 2


def test_an_end_by_the_user_asks_for_no_whole_conversation(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    def interrupt(endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
        if len(endpoint.requests) == 4:
            waiting = threading.main_thread().ident
            assert waiting is not None
            signal.pthread_kill(waiting, signal.SIGINT)
        time.sleep(0.05)
        return teach(endpoint, body)

    endpoint = serve(interrupt)
    given = ingredients(endpoint, tmp_path / "answers", concurrency=1)
    turns = tuple(Turn(f"D1:{n}", "Ana" if n % 2 else "Bob", f"I own {n} goats.") for n in range(80))
    long = [replace(each, sessions=(Session(date(2023, 5, 8), turns),)) for each in given.split["train"]]
    given = replace(given, split={**given.split, "train": long})
    with pytest.raises(KeyboardInterrupt):
        make_rows(RunFolder(tmp_path / "run"), given, Words())  # type: ignore[arg-type]
    assert 4 <= len(endpoint.requests) < 20
