"""A fake teacher that is closed at the end, and jobs for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made.teacher import FakeTeacher
from distill.labelling import Job
from distill.teachers.endpoint import EndpointConfig

KEY_NAME = "MEMLORA_TEST_KEY"


@pytest.fixture
def fake() -> Iterator[Callable[..., FakeTeacher]]:
    opened: list[FakeTeacher] = []

    def start(**given: Any) -> FakeTeacher:
        opened.append(FakeTeacher(**given).open())
        return opened[-1]

    yield start
    for teacher in opened:
        teacher.close()


def job(teacher: FakeTeacher, out: Path, **given: Any) -> Job:
    config = EndpointConfig(teacher.url, "fake", KEY_NAME, concurrency=8, backoff_s=0.001, timeout_s=20.0)
    return Job(config, out / "answers", **given)


def files(out: Path) -> dict[str, bytes]:
    """Everything that a run leaves, but its locks."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
