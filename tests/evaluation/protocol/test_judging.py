"""The judge's prompt and what its texts are taken for; figures over seeds."""

from pathlib import Path

import pytest

from evaluation.figures.intervals import Ratio, Share, wilson_interval
from evaluation.protocol.figures import over_seeds
from evaluation.protocol.judging import BY_RULE, Asked, fill, model_judge, read_prompt, rule_judge, verdict
from runtime_py.dialogues import Question
from runtime_py.errors import ConfigError

QUESTION = Question("q1", "Where does {answer} live?", "single_hop", "Oslo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('The same city. {"label": "CORRECT"}', True),
        ('{"label": "CORRECT"} or rather {"label": "wrong"}', False),
        ("CORRECT", True),
        ("This is INCORRECT.", False),
        ("CORRECT or WRONG?", None),
        ("", None),
    ],
)
def test_a_verdict(text: str, expected: bool | None) -> None:
    assert verdict(text) is expected


def test_places_are_filled_once() -> None:
    filled = fill(read_prompt(), Asked("a", QUESTION, "{gold}"))
    assert "Question: Where does {answer} live?\nTrue answer: Oslo\nAnswer to grade: {gold}\n" in filled
    assert '{"label": "CORRECT"}' in filled


def test_a_prompt_without_its_places(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("{question} {gold}", "utf-8")
    with pytest.raises(ConfigError, match=r"lacks \{answer\}"):
        read_prompt(tmp_path / "p.txt")
    with pytest.raises(ConfigError, match="expected a text file"):
        read_prompt(tmp_path / "none.txt")


def test_judges_are_told_apart() -> None:
    asked = [Asked("a", QUESTION, "Oslo"), Asked("b", QUESTION, "Rome")]
    model = model_judge("m", read_prompt(), lambda ids, _prompts: ['{"label": "WRONG"}' for _ in ids])
    assert model.judge(asked) == [False, False]
    assert len(model.prompt_sha256) == 64
    rule = rule_judge()
    assert (rule.name, rule.prompt_sha256) == (BY_RULE, "")
    assert rule.judge(asked) == [True, False]


def test_seeds_are_no_further_questions() -> None:
    seeds: dict[int, dict[str, Share | Ratio]] = {
        seed: {"J": Share(k, 10), "L": Ratio.mean([0.1 * k])} for seed, k in enumerate((4, 5, 6))
    }
    told = over_seeds(seeds)
    assert (told["J"]["k"], told["J"]["n"], told["J"]["mean"]) == ([4, 5, 6], 10, pytest.approx(0.5))
    assert (told["J"]["low"], told["J"]["high"]) == pytest.approx(wilson_interval(5, 10))
    assert (told["L"]["lowest"], told["L"]["highest"]) == pytest.approx((0.4, 0.6))
