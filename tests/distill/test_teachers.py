"""Teachers: the oracle, an endpoint that misbehaves, a local model, and the labelled datasets they make."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.prompts import teacher_prompt
from distill.teachers import OracleTeacher, Teacher, TeacherError, label_datasets
from distill.teachers.endpoint import EndpointConfig
from distill.teachers.openai import OpenAITeacher
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_manifest
from tests.distill.endpoint import Endpoint, Reply, completion, serve

__all__ = ["serve"]

EXTRACT = operations.get("extract")


def _example(i: int, target: str = "") -> Example:
    message = {"role": "user", "speaker": "Maria", "text": f"I own {i} boats."}
    return Example(str(i), {"date": "2023-05-12", "messages": [message]}, target)


def _teacher(endpoint: Endpoint, cache: Path, **given: Any) -> OpenAITeacher:
    settings = {"backoff_s": 0.001, "concurrency": 3, "timeout_s": 10.0} | given
    return OpenAITeacher(EndpointConfig(endpoint.url, "m", api_key_env="MEMLORA_TEST_KEY", **settings), cache)


def _own(body: dict[str, Any]) -> tuple[int, bytes]:
    count = body["messages"][0]["content"].rpartition("I own ")[2].split()[0]
    return completion(f"boats: {count}")


def test_texts_come_in_order_under_bounded_concurrency(
    serve: Callable[[Reply], Endpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(_endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(0.02)
        return _own(body)

    monkeypatch.setenv("MEMLORA_TEST_KEY", "secret")
    endpoint = serve(reply)
    teacher: Teacher = _teacher(endpoint, tmp_path)
    done: list[None] = []
    texts = teacher.label(EXTRACT, [_example(i) for i in range(12)], lambda: done.append(None))
    assert texts == [f"boats: {i}" for i in range(12)]
    assert len(done) == 12
    assert 2 <= endpoint.most_busy <= 3
    assert set(endpoint.keys) == {"Bearer secret"}
    assert endpoint.requests[0]["temperature"] == 0.0
    assert not any("secret" in path.read_text() for path in tmp_path.rglob("*.json"))
    assert "secret" not in json.dumps(dict(teacher.description))


@pytest.mark.parametrize("trouble", [(429, b"slow down"), (500, b"oops"), (200, b"<html>"), (200, b'{"choices":[]}')])
def test_transient_trouble_is_asked_again(
    serve: Callable[[Reply], Endpoint], tmp_path: Path, trouble: tuple[int, bytes]
) -> None:
    endpoint = serve(lambda at, body: trouble if at.seen(body) < 3 else _own(body))
    assert _teacher(endpoint, tmp_path).label(EXTRACT, [_example(1), _example(2)]) == ["boats: 1", "boats: 2"]
    assert len(endpoint.requests) == 6


def test_told_waiting_time_is_kept(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    endpoint = serve(lambda at, body: (429, b"") if at.seen(body) < 2 else _own(body))
    endpoint.headers["Retry-After"] = "1"
    begin = time.monotonic()
    _teacher(endpoint, tmp_path).label(EXTRACT, [_example(1)])
    assert time.monotonic() - begin > 0.9


def test_silence_is_an_error_that_says_so(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    def reply(_endpoint: Endpoint, body: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(0.5)
        return _own(body)

    teacher = _teacher(serve(reply), tmp_path, attempts=2, timeout_s=0.1)
    with pytest.raises(TeacherError, match=r"row 1 within 2 attempts of 0\.1 s, got no whole answer"):
        teacher.label(EXTRACT, [_example(1)])


@pytest.mark.parametrize(
    ("status", "advice"), [(401, r"valid key in \$MEMLORA_TEST_KEY"), (404, "check the URL"), (400, "too long")]
)
def test_refusals_are_not_repeated(
    serve: Callable[[Reply], Endpoint], tmp_path: Path, status: int, advice: str
) -> None:
    endpoint = serve(lambda _at, _body: (status, b"context too long"))
    with pytest.raises(TeacherError, match=f"got {status} .*{advice}"):
        _teacher(endpoint, tmp_path, concurrency=1).label(EXTRACT, [_example(1), _example(2)])
    assert len(endpoint.requests) == 1


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    teacher = OpenAITeacher(EndpointConfig("http://127.0.0.1:9", "m", attempts=2, backoff_s=0.001), tmp_path)
    with pytest.raises(TeacherError, match="run again to go on"):
        teacher.label(EXTRACT, [_example(1)])


def test_labelling_resumes_from_the_cache(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    broken_after: list[float] = [5]
    endpoint = serve(lambda at, body: (500, b"") if len(at.requests) > broken_after[0] else _own(body))
    teacher = _teacher(endpoint, tmp_path, attempts=1, concurrency=1)
    examples = [_example(i) for i in range(8)]
    with pytest.raises(TeacherError, match="HTTP 500"):
        teacher.label(EXTRACT, examples)
    broken_after[0] = float("inf")
    assert teacher.label(EXTRACT, examples) == [f"boats: {i}" for i in range(8)]
    assert len(endpoint.requests) == 5 + 1 + 3, "only the three without an answer are asked again"


def test_broken_cache_entry_is_asked_again(serve: Callable[[Reply], Endpoint], tmp_path: Path) -> None:
    endpoint = serve(lambda _at, body: _own(body))
    _teacher(endpoint, tmp_path).label(EXTRACT, [_example(1), _example(2)])
    next(tmp_path.rglob("*.json")).write_text('{"request": ')
    assert _teacher(endpoint, tmp_path).label(EXTRACT, [_example(1), _example(2)]) == ["boats: 1", "boats: 2"]
    assert len(endpoint.requests) == 3


def test_oracle_gives_targets_back() -> None:
    assert OracleTeacher().label(EXTRACT, [_example(1, "a"), _example(2, "b")]) == ["a", "b"]
    with pytest.raises(TeacherError, match="row 2"):
        OracleTeacher().label(EXTRACT, [_example(1, "a"), _example(2)])


@pytest.mark.parametrize("name", operations.taught())
def test_long_prompt_ends_with_the_students_text(name: str) -> None:
    inputs = {
        "extract": _example(3).input,
        "select": _example(3).input,
        "update": {"memories": ["Maria rows"], "facts": ["Maria sails"]},
        "generate": {"question": "Who rows?", "memories": [{"text": "Maria rows", "date": None}]},
    }
    operation = operations.get(name)
    given = operation.read_input(inputs[name])
    prompt = teacher_prompt(operation, given)
    assert prompt.endswith(f"Input:\n{operation.render(given)}\n\nOutput:")
    assert len(prompt) > 5 * len(operation.system)


def _write_source(folder: Path, target: str | None = '{"facts":[]}') -> Path:
    (folder / "extract").mkdir(parents=True)
    for split in ("train", "validation", "test"):
        lines = [
            {"id": f"{split}-{i}", "input": dict(_example(i).input), "target": target, "kind": "k"} for i in range(4)
        ]
        (folder / "extract" / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


class _Scribbler:
    """Answers by a function of the example's number."""

    def __init__(self, texts: list[str]) -> None:
        self.texts, self.calls = texts, 0
        self.description = {"teacher": "scribbler"}

    def label(self, _operation: Any, examples: Any, advance: Any = None) -> list[str]:
        self.calls += 1
        for _ in examples:
            advance()
        return self.texts[: len(examples)]


def test_labelled_datasets_are_cleaned_and_counted(tmp_path: Path) -> None:
    source = _write_source(tmp_path / "source")
    teacher = _Scribbler(['{"facts": ["Maria owns boats"]}', "no", "<think>", '```json\n{"facts": []}\n```'])
    shown: list[tuple[object, ...]] = []
    out = label_datasets(source, teacher, tmp_path / "out", progress=lambda *what: shown.append(what))
    rows = [json.loads(line) for line in (out / "extract" / "train.jsonl").read_text().splitlines()]
    assert [(row["id"], row["target"]) for row in rows] == [
        ("train-0", '{"facts":["Maria owns boats"]}'),
        ("train-3", '{"facts":[]}'),
    ]
    assert rows[0]["input"] == dict(_example(0).input)
    assert rows[0]["kind"] == "k"
    assert read_manifest(out / "extract", "memlora.dataset")["facts"]["rows"]["train"] == {
        "kept": 2, "events removed": 0, "dropped: unparsable": 1, "dropped: empty": 1,
    }  # fmt: skip
    assert (out / "extract" / "test.jsonl").read_bytes() == (source / "extract" / "test.jsonl").read_bytes()
    assert shown[3] == ("extract/train.jsonl", 4, 4, "")
    label_datasets(source, teacher, tmp_path / "out")
    assert teacher.calls == 2, "train and validation once; the second run found them current"


def test_nothing_parsable_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    source = _write_source(tmp_path / "source")
    with pytest.raises(ConfigError, match="expected teacher text that parses"):
        label_datasets(source, _Scribbler(["no"] * 4), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_broken_source_names_file_and_line(tmp_path: Path) -> None:
    source = _write_source(tmp_path / "source")
    with (source / "extract" / "train.jsonl").open("a") as file:
        file.write('{"id": "half')
    with pytest.raises(ConfigError, match=r"train\.jsonl:5"):
        label_datasets(source, OracleTeacher(), tmp_path / "out")


def test_local_model_labels(checkpoint: Path, tmp_path: Path) -> None:
    from distill.teachers.local import LocalTeacher

    examples = [_example(i) for i in range(3)]
    teacher: Teacher = LocalTeacher(checkpoint, tmp_path, batch_size=2, max_tokens=5)
    texts = teacher.label(EXTRACT, examples)
    alone = LocalTeacher(checkpoint, tmp_path / "other", batch_size=1, max_tokens=5).label(EXTRACT, examples)
    assert texts == alone, "padding in a batch changes nothing"
    assert len(list(tmp_path.glob("*/*.json"))) == 3
    with pytest.raises(TeacherError, match="expected a folder with a Hugging Face model"):
        LocalTeacher(tmp_path / "none", tmp_path / "new").label(EXTRACT, examples[:1])
