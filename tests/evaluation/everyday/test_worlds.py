"""The world in which it is known what must never be found, and that its figures see a fault."""

from pathlib import Path

import pytest

from evaluation.everyday.worlds import CHANGED, FORGOTTEN, SAID, Keeper, world_figures
from evaluation.figures.intervals import Share
from runtime_py.memory import Memory
from runtime_py.operations.generate import GenerateInput
from runtime_py.store import Store
from tests.runtime_py.script import Script, WordEmbedder


def newest(given: GenerateInput) -> str:
    """The newest turn's value, where it is about what is asked."""
    values = {new: value for _, _, new, value in CHANGED}
    asked = {question: new for question, _, new, _ in CHANGED}
    wanted = asked[given.question]
    return next((values[wanted] for m in reversed(given.memories) if m.text == wanted), "nothing")


def test_nothing_prohibited_is_found() -> None:
    script = Script(select=lambda _given: [], generate=newest)
    figures = world_figures(script, WordEmbedder(dimension=256), 8)
    for name in ("hits of another user", "hits forgotten", "memories superseded"):
        assert figures[name].k == 0, name
        assert figures[name].n > 100, name
    assert figures["wanted among 3 turns"] == Share(len(SAID), len(SAID))
    assert figures["newest value told"] == Share(len(CHANGED), len(CHANGED))
    assert figures["questions that find a forgotten user"].k == 0


def test_what_is_found_though_it_must_not_be_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Memory, "delete", lambda *_given: None)
    monkeypatch.setattr(Store, "supersede", lambda *_given: None)
    figures = world_figures(Keeper(), WordEmbedder(dimension=256), 8)
    assert figures["hits forgotten"].k > 0
    assert figures["newest value told"] == Share(0, len(CHANGED))


def test_the_texts_of_the_world_are_each_said_once(tmp_path: Path) -> None:
    texts = [text for row in SAID for text in row[1:]] + [text for row in CHANGED for text in row[1:3]]
    texts += [text for _, text in FORGOTTEN]
    assert len(set(texts)) == len(texts)
