"""The protocol's data, and which conversations of a file it takes."""

import json
from pathlib import Path

import pytest

from evaluation.protocol import is_published, read_protocol, read_split
from evaluation.protocol.protocol import LOCOMO
from evaluation.protocol.table import published_cells, read_published
from runtime_py.errors import ConfigError

EVERY = ["conv-26", "conv-30", "conv-41", "conv-42", "conv-43", "conv-44", "conv-47", "conv-48", "conv-49", "conv-50"]


def write(path: Path, names: list[str]) -> Path:
    talk = {
        "speaker_a": "Ana",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [{"speaker": "Ana", "dia_id": "D1:1", "text": "I live in Kluvo."}],
    }
    asked = [{"question": "Where does Ana live?", "answer": "Kluvo", "evidence": ["D1:1"], "category": 4}]
    path.write_text(json.dumps([{"sample_id": name, "conversation": talk, "qa": asked} for name in names]), "utf-8")
    return path


def test_the_papers_split(tmp_path: Path) -> None:
    protocol = read_protocol()
    split = read_split(write(tmp_path / "locomo.json", EVERY), protocol)
    assert {part: [d.id for d in found] for part, found in split.items()} == {
        "train": EVERY[3:],
        "validation": ["conv-26"],
        "test": ["conv-30", "conv-41"],
    }
    assert is_published(protocol, split)
    assert (protocol.memories_per_speaker, protocol.near_per_fact, len(protocol.seeds)) == (30, 5, 3)


def test_a_file_that_lacks_conversations(tmp_path: Path) -> None:
    path = write(tmp_path / "locomo8.json", [name for name in EVERY if name not in ("conv-30", "conv-41")])
    with pytest.raises(ConfigError, match=r"lacks .* expected conv-30 and conv-41 \(test\), got conv-26, .*--test"):
        read_split(path, read_protocol())
    split = read_split(path, read_protocol(), test=["conv-42"])
    assert [dialogue.id for dialogue in split["train"]] == EVERY[4:]
    assert not is_published(read_protocol(), split)


@pytest.mark.parametrize(
    ("validation", "test", "told"),
    [
        (["conv-30"], [], "conv-30 twice"),
        ([], ["conv-1"], r"expected conv-1 \(test\), got"),
        ([], [name for name in EVERY if name != "conv-26"], "expected conversations to train on, got none"),
    ],
)
def test_a_split_that_cannot_be(tmp_path: Path, validation: list[str], test: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_split(write(tmp_path / "locomo.json", EVERY), read_protocol(), validation, test)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("memories_per_speaker = 30", "memories_per_speakr = 30", "unknown key 'memories_per_speakr', did you mean"),
        ("memories_per_speaker = 30", "memories_per_speaker = 0", "expected 1 or more, got 0"),
        ("memories_per_speaker = 30", "", "expected the key 'memories_per_speaker', found none"),
        ("near_per_fact = 5", "near_per_fact = 6", "expected 5, which the memory has, got 6"),
        ("seeds = [0, 1, 2]", 'seeds = ["a"]', "expected a list of int"),
        ("seeds = [0, 1, 2]", "seeds = [0, 0, 1]", "expected each once"),
        ('select_by = "L"', 'select_by = "X"', "expected one of L, J, F1, got 'X'"),
        (
            'test = ["conv-30", "conv-41"]',
            'test = ["conv-30", "conv-42"]',
            "in one of train, validation and test, got conv-42",
        ),
        ("[shared]", "[shard]", "unknown key 'shard', did you mean 'shared'"),
        ('name = "locomo"', "name = ", "expected TOML"),
    ],
)
def test_another_protocol_is_read_strictly(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "other.toml"
    text = LOCOMO.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=told):
        read_protocol(path)


def test_the_published_rows_are_the_papers() -> None:
    rows = {row["name"]: published_cells(row) for row in read_published()["rows"]}
    assert rows["Gemma2-2B"][1:3] == ["29.1", "58/233 24.9"]
    assert rows["Gemma2-2B, all three experts (27B teacher)"][1:3] == ["44.5", "110/233 47.2"]
    assert "2512.04763" in read_published()["source"]
