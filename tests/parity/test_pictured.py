"""Pictures in the protocol: lines there and back, and Python's own runner on a bundle that sees."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_py.bundle import Bundle
from runtime_py.parity.trace import Verdict, conversation, judge_runner, judge_trace, requests_of, to_line
from runtime_py.parity.trace.performer import Performer
from runtime_py.parity.trace.pictured import (
    ROW,
    picture_from_json,
    picture_to_json,
    pictured_conversation,
    place_ids,
    prompt_from_json,
    prompt_to_json,
)
from runtime_py.parts import Embeddings, Piece
from tests.parity.test_trace import PYTHON
from tests.runtime_py.images.sources import source


def test_a_prompt_with_rows_and_a_picture_come_back() -> None:
    rows = Embeddings(np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4))
    prompt: list[Piece] = [5, 6, rows, 7]
    told = json.loads(json.dumps(prompt_to_json(prompt)))
    assert (told[0], told[2]["width"], prompt_from_json(told)) == (5, 4, prompt)
    assert place_ids(prompt) == (5, 6, ROW, ROW, ROW, 7)
    pixels = source("noise", 3, 7, 5)
    assert np.array_equal(picture_from_json(json.loads(json.dumps(picture_to_json(pixels)))), pixels)


def test_a_bundle_of_text_is_asked_for_no_pictures(tiny_bundle: Path) -> None:
    assert conversation(Bundle.open(tiny_bundle)) == conversation()


@pytest.fixture(scope="module")
def bundle(seeing_bundle: Path) -> Bundle:
    return Bundle.open(seeing_bundle)


@pytest.mark.slow
def test_pythons_runner_passes_with_pictures(bundle: Bundle) -> None:
    asked = requests_of(bundle, conversation(bundle), goldens=2)
    report = judge_runner(bundle, asked, PYTHON, 300)
    assert (report.verdict, report.found, report.requests) == (Verdict.PASS, [], len(asked))
    assert (report.tokens, report.rows) == (report.equal_tokens, report.equal_rows)


@pytest.mark.slow
def test_another_photo_or_row_is_found(bundle: Bundle, tmp_path: Path) -> None:
    asked = requests_of(bundle, pictured_conversation(), goldens=1)
    performer = Performer(bundle, tmp_path / "store.db")
    answers = [performer.respond(request) for request in asked]
    performer.close()
    assert sum(call["operation"] == "vqa" for answer in answers for call in answer["calls"]) >= 3

    def judged(table: str, change: dict[int, Any]) -> Verdict:
        from runtime_py.parity.trace.rows import rows_sha256

        told = json.loads(json.dumps(answers))
        result = next(told[line["id"]]["result"] for line in asked if line.get("table") == table)
        for column, value in change.items():
            result["rows"][0][column] = value
        rows = [[bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in row] for row in result["rows"]]
        result["sha256"] = rows_sha256(rows)
        path = tmp_path / "trace.jsonl"
        path.write_text("".join(map(to_line, told)), "utf-8")
        return judge_trace(bundle, asked, path).verdict

    assert judged("photos", {}) is Verdict.PASS
    assert judged("photos", {2: "0" * 64}) is Verdict.MEMORY_DIVERGED
    vision = bundle.manifest.vision
    assert vision is not None
    zeros = {"hex": "00" * 4 * vision.tokens * vision.hidden}
    assert judged("photo_embeddings", {3: zeros}) is Verdict.DRIFT
