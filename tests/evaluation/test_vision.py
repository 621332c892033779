"""Captions as a baseline, and what names the pictures of a journal."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evaluation.vision.captions import CAPTIONS, judge_captions
from evaluation.vision.pictures import picture_rows, pictures_sha256
from runtime_py.bundle import Bundle
from runtime_py.errors import ConfigError
from runtime_py.files import Example
from runtime_py.images import png_bytes
from tests.evaluation.fakes import FakeRunner, compact
from tests.runtime_py.memory.photos.sight import FakeEncoder, plain

ROWS = [
    Example(name, {"image": f"{name}.png", "question": question}, compact({"answer": wanted, "reason": "So."}), kind)
    for name, kind, question, wanted in (
        ("a", "text", "What does the sign say?", "OPEN"),
        ("b", "count", "How many hearts?", "3"),
        ("c", "where", "Where is it?", "top"),
    )
]


def answer(operation: str, given: Mapping[str, Any]) -> str:
    if operation == "generate":
        (told,) = given["memories"]
        assert (told["speaker"], told["date"]) == ("user", None)
        if "top" in told["text"]:
            return "stopped"
        return "It reads open." if "open" in told["text"] else "no information available"
    if given["image"] == "b.png":
        return "no JSON"
    seen = {"What does the sign say?": "The sign reads open."}.get(given["question"], "I see the top.")
    return compact({"answer": "x", "reason": seen if given["image"] == "c.png" or "sign" in seen else "I see a board."})


def test_a_caption_is_made_without_the_question_and_answered_from(tmp_path: Path) -> None:
    told: list[str] = []
    runner = FakeRunner(answer)
    found = judge_captions(runner, ROWS, tmp_path / "captions.jsonl", "x", told.append)
    assert {name: (by["answers right"].k, by["answers right"].n) for name, by in found.items()} == {
        "caption": (0, 3),  # `stopped` is not `top`
        "long caption": (1, 3),
    }
    assert found["long caption"]["text right"].k == 1
    assert len(told) == 6
    assert runner.runs == 3 * 3 + 3 * 2  # a picture is asked once for each sentence
    kept = [json.loads(line) for line in (tmp_path / "captions.jsonl").read_text().splitlines()[1:]]
    answered = {row["key"]: row["result"] for row in kept if row["key"].split("/")[0] in CAPTIONS}
    assert answered["long caption/a"]["caption"] == "I see a board. I see a board. The sign reads open."
    assert answered["caption/b"] == {"caption": "", "answer": "no information available"}


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = judge_captions(FakeRunner(answer), ROWS, tmp_path / "whole.jsonl", "x", lambda _what: None)
    with pytest.raises(KeyboardInterrupt):
        judge_captions(FakeRunner(answer, stop_after=7), ROWS, tmp_path / "cut.jsonl", "x", lambda _what: None)
    runner = FakeRunner(answer)
    assert judge_captions(runner, ROWS, tmp_path / "cut.jsonl", "x", lambda _what: None) == whole
    assert runner.runs == 15 - 7
    with pytest.raises(ConfigError, match="of another bundle, data or configuration"):
        judge_captions(runner, ROWS, tmp_path / "cut.jsonl", "y", lambda _what: None)


@pytest.mark.parametrize(("kept", "encoded"), [(8, 1), (0, 3)])
def test_a_measurement_encodes_a_picture_each_time(tmp_path: Path, kept: int, encoded: int) -> None:
    """Questions about one stand together: with rows kept from the one before, no call would pay for its picture."""
    pytest.importorskip("PIL", reason="Pillow is missing: pip install 'memlora[vision]'")
    (tmp_path / "a.png").write_bytes(png_bytes(plain("red")))
    encoder = FakeEncoder()
    bundle = cast(Bundle, SimpleNamespace(image_encoder=lambda: encoder))
    rows_of = picture_rows(bundle, tmp_path, kept)
    assert len({rows_of("a.png").name for _ in range(3)}) == 1
    assert encoder.encoded == encoded


def test_other_pictures_have_another_hash(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    first = pictures_sha256(tmp_path, ["a.png", "b.png", "a.png"])
    assert pictures_sha256(tmp_path, ["b.png", "a.png"]) == first
    (tmp_path / "a.png").write_bytes(b"b.png")
    assert pictures_sha256(tmp_path, ["a.png", "b.png"]) != first
    with pytest.raises(ConfigError, match=r"c.png: expected a picture, got none that can be read"):
        pictures_sha256(tmp_path, ["c.png"])
