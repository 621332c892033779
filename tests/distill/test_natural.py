"""The written dialogues: the format, the splits by hand, and what generate is taught from them."""

from pathlib import Path
from random import Random

import pytest

from distill.corpus.natural_text import UNANSWERABLE, hands, read_natural
from distill.datasets.natural import natural_dialogues, split_of_hands, written_rows
from distill.datasets.recall import recall_examples
from memlora_cli.main import main
from runtime_py.dialogues import read_dialogues
from runtime_py.errors import ConfigError
from runtime_py.files import read_examples

TEXT = """=== z01 | Me, Assistant | assistant
# 2026-03-02 09:00
Me: I moved to Zwolle last Friday.
+ The user moved to Zwolle on Friday 27 February 2026
Assistant: Congratulations!
# 2026-04-01
Me: No, it is Deventer now.
~ The user lives in Deventer << The user moved to Zwolle on Friday 27 February 2026
? changed | Where do I live? | Deventer || in Deventer | 1,3
? unanswerable | What is my street? | no information available
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "z-hand.txt"
    path.write_text(text, "utf-8")
    return path


def test_a_dialogue_is_read_with_facts_events_and_questions(tmp_path: Path) -> None:
    (dialogue,) = read_natural(_file(tmp_path, TEXT))
    turns = list(dialogue.turns)
    assert [turn.speaker for turn in turns] == ["Me", "Assistant", "Me"]
    assert turns[2].events is not None
    assert (turns[2].events[0].event, turns[2].events[0].old) == (
        "UPDATE",
        "The user moved to Zwolle on Friday 27 February 2026",
    )
    question = dialogue.questions[0]
    assert (question.answer, question.alternatives, question.asker) == ("Deventer", ("in Deventer",), "Me")
    assert question.evidence == ("1", "3")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("? changed | Where? | Deventer | 9", "numbers of turns"),
        ("? odd | Where? | Deventer | 1", "a kind out of"),
        ("- The user lives in Rome", "word for word"),
        ("Bob: hello", "a turn of a speaker"),
        ("# 2020-01-01", "order of time"),
    ],
)
def test_a_line_of_another_form_is_one_sentence(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_natural(_file(tmp_path, TEXT + line + "\n"))


def test_every_hand_is_in_one_split_and_held_out_hands_are_whole() -> None:
    letters = [hand for hand, _ in hands()]
    assert sorted(split_of_hands()) == sorted(set(letters))
    splits = split_of_hands()
    assert sum(split == "test" for split in splits.values()) >= 3
    assert sum(split == "validation" for split in splits.values()) >= 2
    test = natural_dialogues("test")
    assert len(test) >= 24
    assert sum(len(dialogue.questions) for dialogue in test) >= 300
    seen = {dialogue.id for split in ("train", "validation") for dialogue in natural_dialogues(split)}
    assert not seen & {dialogue.id for dialogue in test}


def test_an_answer_is_gold_only_with_its_evidence(tmp_path: Path) -> None:
    (dialogue,) = read_natural(_file(tmp_path, TEXT))
    for seed in range(20):
        for row in recall_examples(dialogue, Random(seed)):
            told = {m["text"] for m in row.input["memories"]}
            newest = "No, it is Deventer now." in told
            if row.kind == "changed":
                assert row.target == ("Deventer" if newest else UNANSWERABLE)
            else:
                assert row.target == UNANSWERABLE


def test_contexts_vary_from_pass_to_pass_and_not_from_run_to_run() -> None:
    first, second = ([row.input for row in written_rows("generate", "train", 2)] for _ in range(2))
    assert first == second
    names: dict[str, set[str]] = {}
    for row in written_rows("generate", "train", 2):
        names.setdefault(row.id.rpartition("/")[0], set()).add(str(row.input["memories"]))
    twice = [texts for texts in names.values() if len(texts) == 2]
    assert len(twice) > 0.8 * len(names)


def test_the_command_writes_dialogues_and_rows_that_the_readers_take(tmp_path: Path) -> None:
    assert main(["import", "written", "--out", str(tmp_path), "--passes", "1"]) == 0
    rows = list(read_examples(tmp_path / "datasets" / "generate" / "validation.jsonl"))
    asked = sum(len(dialogue.questions) for dialogue in natural_dialogues("validation"))
    assert 0.9 * asked <= len(rows) <= asked
    assert list(read_dialogues(tmp_path / "dialogues" / "test.jsonl")) == natural_dialogues("test")
