"""Dialogues labelled here by a teacher that misbehaves: what is kept, what is asked again, what is said."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.made.talks import talks
from benchmarks.made.teacher import FakeTeacher, answer_to
from distill.labelling import Job, Prices, estimate, label_dialogues, run_here
from distill.labelling.conversation import label_dialogue
from distill.labelling.run import splits
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.teacher import TeacherError, prompt_for
from runtime_py import operations
from runtime_py.dialogues import write_dialogues
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_examples
from tests.distill.labelling.conftest import KEY_NAME, files, job

Fake = Callable[..., FakeTeacher]
ROOT = Path(__file__).parents[3]


def test_rows_stand_in_the_order_of_dialogues_and_memories_grow(fake: Fake, tmp_path: Path) -> None:
    teacher = fake()
    made = label_dialogues(talks(12, 10), job(teacher, tmp_path), tmp_path, run_here)
    assert made.rows["extract"] == {"train": 110, "validation": 10}
    assert (made.bad, made.unanswered) == (0, 0)
    rows = read_examples(tmp_path / "datasets" / "update" / "train.jsonl")
    held_out = {name for name, split in splits(talks(12)).items() if split == "validation"}
    names = [f"d{number}" for number in range(12) if f"d{number}" not in held_out]
    assert [row.id.split("/")[1] for row in rows] == [name for name in names for _ in range(4)]
    first = [row for row in rows if f"/{names[0]}/" in row.id]
    number = names[0][1:]
    assert first[0].input["memories"] == []
    assert first[0].kind == "ADD"
    assert first[3].input["memories"][0] == f"Ana{number} live in Kluvo{number}x0"
    assert json.loads(first[3].target)["memory"] == [
        {"id": "0", "text": f"Ana{number} live in Kluvo{number}x9", "event": "UPDATE"}
    ]


def test_a_second_run_asks_nothing_and_changes_nothing(fake: Fake, tmp_path: Path) -> None:
    teacher = fake()
    first = label_dialogues(talks(6), job(teacher, tmp_path), tmp_path, run_here)
    before = files(tmp_path)
    again = label_dialogues(talks(6), job(teacher, tmp_path), tmp_path, run_here)
    assert (again.requests, again.answered, again.rows) == (0, 0, first.rows)
    assert files(tmp_path) == before
    label_dialogues(talks(7), job(teacher, tmp_path), tmp_path, run_here)
    told = teacher.counts.as_json()
    assert told["answered_again"] == 0
    assert told["most_busy"] <= 8


def test_troubles_change_no_byte_and_bad_rows_say_why(fake: Fake, tmp_path: Path) -> None:
    well, badly = fake(), fake(trouble=0.5, kinds=("429", "500", "half", "html", "none"))
    label_dialogues(talks(8), job(well, tmp_path / "well"), tmp_path / "well", run_here)
    made = label_dialogues(talks(8), job(badly, tmp_path / "badly"), tmp_path / "badly", run_here)
    assert files(tmp_path / "well") == files(tmp_path / "badly")
    assert made.requests > made.answered
    assert set(badly.counts.troubles) == {"429", "500", "half", "html", "none"}
    other = fake(trouble=0.3, kinds=("rows",))
    made = label_dialogues(talks(8), job(other, tmp_path / "other"), tmp_path / "other", run_here)
    bad = [json.loads(line) for line in (tmp_path / "other" / "bad.jsonl").read_text().splitlines()]
    assert len(bad) == made.bad > 5
    assert {row["reason"] for row in bad} == {"about another row"}
    assert "zebra" not in (tmp_path / "other" / "datasets" / "extract" / "train.jsonl").read_text()


def test_an_update_that_says_nothing_is_a_bad_row_and_its_facts_are_added() -> None:
    read: list[list[str]] = []

    async def ask(operation: str, example: Example) -> str:
        if operation == "extract":
            return answer_to(prompt_for(operations.get(operation), example))
        read.append(example.input["memories"])
        return '{"memory": []}'

    made = asyncio.run(label_dialogue(talks(1, 10)[0], ask))
    assert [row.kind for row in made.rows["update"]] == ["ADD"]
    assert [row.reason for row in made.bad] == ["says nothing of the facts"] * 3
    told = [f"Ana0 {said}" for said in ("live in Kluvo0x0", "work at Kluvo0x3", "play the Kluvo0x6")]
    assert read == [told[:1], told[:2], told]


def test_a_server_that_is_down_leaves_the_rest_for_the_next_run(fake: Fake, tmp_path: Path) -> None:
    teacher = fake(trouble=0.3, kinds=("500",))
    out = tmp_path / "out"
    once = Job(EndpointConfig(teacher.url, "fake", KEY_NAME, attempts=1, backoff_s=0.001), out / "answers")
    trouble_with = teacher.trouble_with
    teacher.trouble_with = lambda digest: "500" if trouble_with(digest) or int(digest[:2], 16) < 60 else ""  # type: ignore[method-assign]
    made = label_dialogues(talks(6), once, out, run_here)
    assert made.unanswered > 0
    bad = (out / "bad.jsonl").read_text()
    assert "HTTP 500" in bad
    assert "not asked: an exchange before has no answer" in bad
    teacher.trouble_with = lambda digest: ""  # type: ignore[method-assign]
    made = label_dialogues(talks(6), once, out, run_here)
    assert made.bad == 0
    assert teacher.counts.as_json()["answered_again"] == 0
    label_dialogues(talks(6), job(fake(), tmp_path / "well"), tmp_path / "well", run_here)
    assert files(out) == files(tmp_path / "well")


def test_a_wrong_address_ends_the_run_with_one_sentence(fake: Fake, tmp_path: Path) -> None:
    config = EndpointConfig("http://127.0.0.1:9/v1", "fake", attempts=1, backoff_s=0.001)
    with pytest.raises(TeacherError, match="rows failed one after the other"):
        label_dialogues(talks(12, 10), Job(config, tmp_path / "answers"), tmp_path, run_here)


def test_a_planted_key_is_nowhere(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_NAME, "sk-planted-0123")
    teacher = fake(trouble=0.3)
    label_dialogues(talks(4), job(teacher, tmp_path), tmp_path, run_here)
    assert teacher.keys == {"sk-planted-0123"}
    assert not [name for name, data in files(tmp_path).items() if b"sk-planted" in data]


def test_a_worker_without_the_key_says_so(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_NAME, raising=False)
    from distill.labelling.work import Batch, Worker

    report = Worker(job(fake(), tmp_path, has_key=True)).run(Batch(dialogues=tuple(talks(2))))
    assert "$MEMLORA_TEST_KEY: expected the teacher's key on every machine" in report.error


def test_an_estimate_asks_nobody_and_knows_what_is_kept(fake: Fake, tmp_path: Path) -> None:
    teacher = fake()
    before = estimate(job(teacher, tmp_path), talks(6), Prices(2.0, 10.0))
    assert (before.exchanges, before.reads, before.updates, before.kept) == (36, 36, 30, 0)
    assert before.cost == pytest.approx((before.prompt_tokens * 2 + before.answer_tokens * 10) / 1e6)
    assert not list(tmp_path.iterdir())
    made = label_dialogues(talks(6), job(teacher, tmp_path), tmp_path, run_here)
    assert made.answered <= before.calls
    assert made.prompt_tokens <= before.prompt_tokens
    after = estimate(job(teacher, tmp_path, requests_a_minute=10), talks(6), Prices())
    assert (after.reads, after.kept, after.least_minutes) == (0, 36, 3.0)


def test_dialogues_that_cannot_be_told_apart_are_refused(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected every id once, got 'd0'"):
        label_dialogues([*talks(2), *talks(1)], job(fake(), tmp_path), tmp_path, run_here)
    with pytest.raises(ConfigError, match="expected at least two"):
        label_dialogues(talks(1), job(fake(), tmp_path), tmp_path, run_here)


def test_a_killed_driver_pays_for_nothing_twice(fake: Fake, tmp_path: Path) -> None:
    """An answer that is on its way when the process dies comes again from a server that knows `Idempotency-Key`."""
    teacher = fake(speed=4.0, replays=True)
    write_dialogues(tmp_path / "d.jsonl", talks(10))
    command = [sys.executable, "-m", "memlora_cli.main", "distill", "label", str(tmp_path / "d.jsonl"), "--json"]
    command += ["--teacher", teacher.url, "--teacher-model", "fake", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for kill_at in (5, 50):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(teacher.counts.answered) < kill_at:
            assert process.poll() is None, "ended before it could be killed"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["bad"] == 0
    told = teacher.counts.as_json()
    assert told["prompts"] == told["answered"]
    assert told["answered_again"] == 0
    assert told["replayed"] <= 2 * 8, "at most what was asked at once"
    label_dialogues(talks(10), job(fake(), tmp_path / "whole"), tmp_path / "whole", run_here)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_near_memories_are_the_same_in_every_process() -> None:
    code = """
from distill.labelling.conversation import near_memories
memory = [" ".join(f"w{k}n{n // k}" for k in (1, 2, 3, 4, 6, 8, 12)) for n in range(24)]  # all as near
print(near_memories([" ".join(memory)], memory))
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": str(seed)}, cwd=ROOT,
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in range(8)
    }  # fmt: skip
    assert len(told) == 1
