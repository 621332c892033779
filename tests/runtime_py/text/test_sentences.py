"""Sentences, replayed from the file that every implementation reads."""

import json
from pathlib import Path

import pytest

from runtime_py.text.sentences import sentences

ROWS = json.loads((Path(__file__).parents[2] / "conformance" / "sentences.json").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:40])
def test_row(row: dict[str, list[str]]) -> None:
    assert sentences(str(row["text"])) == row["right"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:40])
def test_a_sentence_is_cut_no_further(row: dict[str, list[str]]) -> None:
    for sentence in row["right"]:
        assert sentences(sentence) == [sentence]


def test_blank_text_has_none() -> None:
    assert sentences(" \n\t ") == []
