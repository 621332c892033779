"""Recall of raw turns without a model, on a dialogue whose figures can be counted by hand."""

from pathlib import Path

from evaluation.figures.evidence_recall import DEPTHS
from evaluation.figures.intervals import Share
from evaluation.locomo.recall import add_up, split_of, turns_recall
from runtime_py.dialogues import Dialogue, Question, Session, Turn
from tests.runtime_py.script import WordEmbedder

DIALOGUE = Dialogue(
    "made-up",
    ("Ana", "Bo"),
    (
        Session(None, (Turn("D1:1", "Ana", "I paint boats"), Turn("D1:2", "Bo", "I grow beans"))),
        Session(None, (Turn("D2:1", "Bo", "Look [a yellow tram]"), Turn("D2:2", "Ana", "I paint boats"))),
    ),
    (
        Question("1", "Who grows beans?", "single_hop", "Bo", ("D1:2",)),
        Question("2", "Which tram is it, and who paints?", "multi_hop", "", ("D2:1", "D2:2")),
        Question("3", "Not asked about", "open_domain", "", ()),
    ),
)


def test_figures_by_hand(tmp_path: Path) -> None:
    """Words: `grow` leads to D1:2; `tram` to D2:1, before `paint`, whose two rows are equal, so D1:1 is second."""
    figures = turns_recall(DIALOGUE, WordEmbedder(), tmp_path / "s.db")
    words = figures["raw turns, keyword"]
    assert [words[f"recall@{k}"] for k in DEPTHS[:2]] == [Share(2, 3), Share(3, 3)]
    assert set(figures) == {"raw turns, vector", "raw turns, keyword", "raw turns, hybrid"}
    assert all(column["recall@30"] == Share(3, 3) for name, column in figures.items() if name != "raw turns, keyword")


def test_shares_add_up() -> None:
    one, two = {"way": {"recall@1": Share(1, 3)}}, {"way": {"recall@1": Share(2, 5)}}
    assert add_up({"a": one, "b": two}) == {"way": {"recall@1": Share(3, 8)}}
    assert [split_of(name) for name in ("conv-26", "conv-30", "conv-42")] == ["validation", "test", "train"]
