"""Made-up conversations in LoCoMo's layout: read back as the real ones are, with the same turns as their oracle."""

from pathlib import Path

from distill.corpus.locomo_shaped import locomo_shaped, write_locomo_shaped
from runtime_py.dialogues import read_dialogues, read_locomo

PARTS = {"train": ["made-1", "made-2"], "test": ["made-3"]}


def test_both_files_tell_the_same(tmp_path: Path) -> None:
    shaped, oracle = write_locomo_shaped(tmp_path, locomo_shaped(PARTS, 0))
    read, known = read_locomo(shaped), list(read_dialogues(oracle))
    assert [d.id for d in read] == [d.id for d in known] == ["made-1", "made-2", "made-3"]
    for bare, told in zip(read, known, strict=True):
        assert [(t.id, t.speaker, t.text) for t in bare.turns] == [(t.id, t.speaker, t.text) for t in told.turns]
        assert [s.date for s in bare.sessions] == [s.date for s in told.sessions]
        assert [(q.id, q.text, q.kind, q.answer, q.evidence, q.category) for q in bare.questions] == [
            (q.id, q.text, q.kind, q.answer, q.evidence, q.category) for q in told.questions
        ]
        assert any(turn.facts for turn in told.turns)
        assert not any(turn.facts for turn in bare.turns)


def test_a_seed_gives_the_same_conversations(tmp_path: Path) -> None:
    assert locomo_shaped(PARTS, 0) == locomo_shaped(PARTS, 0) != locomo_shaped(PARTS, 1)
