"""Answers on disk: found by key, whole after every kind of end, the same bytes in whatever order they came."""

import errno
import fcntl
import json
import os
import random
from pathlib import Path

import pytest

from distill.labelling.shards import Part, Shards, key_of
from distill.teachers.teacher import TeacherError
from runtime_py.errors import ConfigError


def keys(count: int) -> list[str]:
    return [key_of({"prompt": number}) for number in range(count)]


def fill(folder: Path, names: list[str], parts: int = 3) -> None:
    for number in range(parts):
        with Part(folder, f"part{number}") as part:
            for name in names[number::parts]:
                part.put(name, f"the answer to {name[:5]} …\n\u2028")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "shards").iterdir()}


def test_every_answer_is_found_and_no_other(tmp_path: Path) -> None:
    names = keys(700)
    fill(tmp_path, names)
    shards = Shards(tmp_path)
    assert shards.get(names[0]) is None
    assert shards.waiting() == set(names)
    shards.seal()
    assert all(shards.get(name) == f"the answer to {name[:5]} …\n\u2028" for name in names)
    assert all(shards.get(key_of({"other": number})) is None for number in range(300))
    assert shards.waiting() == set()
    assert not list((tmp_path / "parts").iterdir())


def test_shards_are_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    names = keys(300)
    fill(tmp_path / "one", names)
    Shards(tmp_path / "one").seal()
    random.Random(1).shuffle(names)
    fill(tmp_path / "two", names[:100], parts=7)
    Shards(tmp_path / "two").seal()
    fill(tmp_path / "two", names[80:], parts=2)  # twenty stand twice
    Shards(tmp_path / "two").seal()
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    for data in contents(tmp_path / "one").values():
        lines = [json.loads(line)["key"] for line in data.splitlines()]
        assert lines == sorted(set(lines))


def test_a_torn_line_is_asked_again_and_harms_no_other(tmp_path: Path) -> None:
    names = keys(3)
    fill(tmp_path, names, parts=1)
    path = tmp_path / "parts" / "part0.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with Part(tmp_path, "part0") as part:
        assert part.get(names[1]) is not None
        assert part.get(names[2]) is None
        part.put(names[2], "again")
    shards = Shards(tmp_path)
    shards.seal()
    assert shards.get(names[1]) is not None
    assert shards.get(names[2]) == "again"


def test_a_seal_that_was_killed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = keys(400)
    fill(tmp_path / "whole", names)
    Shards(tmp_path / "whole").seal()
    fill(tmp_path / "killed", names)

    def stop(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", stop)
        with pytest.raises(KeyboardInterrupt):
            Shards(tmp_path / "killed").seal()
    Shards(tmp_path / "killed").seal()
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_answers_are_for_their_owner_alone(tmp_path: Path) -> None:
    fill(tmp_path, keys(2), parts=1)
    assert (tmp_path / "parts" / "part0.jsonl").stat().st_mode & 0o777 == 0o600
    Shards(tmp_path).seal()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "shards").iterdir())


def test_no_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file")
    with pytest.raises(TeacherError, match="expected a folder to write to"), Part(tmp_path / "answers", "a"):
        pass


def test_a_file_system_without_locks_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ConfigError, match="expected a file system with file locks") as told, Part(tmp_path, "a"):
        pass
    assert "got No locks available; name another --out" in str(told.value)


def test_the_key_is_of_model_prompt_and_parameters_and_not_of_their_order() -> None:
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})
