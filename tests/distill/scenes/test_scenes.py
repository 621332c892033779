"""Scenes: the same ones again, apart by split, with answers that stand in the picture and nowhere in the question."""

from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from distill.corpus.scenes import KINDS, SPLITS, Scene, generate_scenes
from distill.corpus.scenes.colours import COLOURS, shade
from distill.corpus.scenes.layouts import CELLS, REGIONS
from distill.corpus.scenes.pictograms import CATEGORIES, names, plural
from distill.corpus.scenes.shares import draw_of
from distill.datasets.vqa import examples
from evaluation.vision import judge_baselines
from runtime_py.errors import ConfigError
from runtime_py.operations.vqa import OPERATION

COUNTS = {"train": 3000, "validation": 900, "test": 900}
SHARED = {"sign"}


@cache
def scenes(split: str) -> tuple[Scene, ...]:
    return tuple(generate_scenes(split, COUNTS[split], seed=5))


def of_kind(kind: str) -> list[Scene]:
    return [scene for split in SPLITS for scene in scenes(split) if scene.questions[0].kind == kind]


def test_the_same_seed_gives_the_same_scenes_and_another_gives_others() -> None:
    def told(seed: int) -> list[object]:
        made = generate_scenes("test", 60, seed)
        return [(s.size, s.questions, [(t.name, t.spot, t.degrees) for t in s.placed]) for s in made]

    assert told(5) == told(5)
    assert told(5) != told(6)


def test_things_shades_and_layouts_of_a_split_stand_in_no_other() -> None:
    things = {split: {t.name for s in scenes(split) for t in s.placed} - SHARED for split in SPLITS}
    layouts = {
        split: {
            tuple((CELLS * t.spot.x // s.size[0], CELLS * t.spot.y // s.size[1]) for t in s.placed)
            for s in scenes(split)
        }
        for split in SPLITS
    }
    drawn = {split: {arg for s in scenes(split) for t in s.placed for arg in _shades(t.draw)} for split in SPLITS}
    for found in (things, layouts, drawn):
        assert all(found.values())
        assert all(not found[one] & found[other] for one, other in combinations(SPLITS, 2))


def _shades(draw: object) -> list[tuple[int, int, int]]:
    return [argument for argument in getattr(draw, "args", ()) if isinstance(argument, tuple)]


def test_every_category_has_things_in_every_split() -> None:
    assert all(names(split, category) for split in SPLITS for category in CATEGORIES)
    assert all(" " not in name for category in CATEGORIES.values() for name in category)
    assert [plural(name) for name in ("fox", "fly", "mouse", "dog")] == ["foxes", "flies", "mice", "dogs"]


def test_nothing_stands_over_another_or_over_the_edge() -> None:
    for scene in scenes("train")[:600]:
        spots = [thing.spot for thing in scene.placed]
        for spot in spots:
            half = spot.side / 2
            assert half <= spot.x <= scene.size[0] - half
            assert half <= spot.y <= scene.size[1] - half
        for one, other in combinations(spots, 2):
            assert max(abs(one.x - other.x), abs(one.y - other.y)) > (one.side + other.side) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_tells_the_answer(kind: str) -> None:
    category = {name: known for known, named in CATEGORIES.items() for name in named}
    for scene in of_kind(kind):
        question, first = scene.questions[0], scene.placed[0]
        told = Counter(category.get(thing.name, "") for thing in scene.placed)
        if kind == "count":
            assert told[category[first.name]] == int(question.answer)
            assert plural(category[first.name]) in question.text
        elif kind == "unusual":
            assert told[question.answer] == 1
            assert len(told) == 2
        elif kind == "where":
            assert told[category[first.name]] == 1
            assert category[first.name] in question.text
            left, right, top, bottom = REGIONS[question.answer]
            assert left - 0.01 <= first.spot.x / scene.size[0] <= right + 0.01
            assert top - 0.01 <= first.spot.y / scene.size[1] <= bottom + 0.01
        elif kind == "larger":
            sides = {category[thing.name]: thing.spot.side for thing in scene.placed}
            assert max(sides, key=sides.__getitem__) == question.answer
            assert max(sides.values()) >= 1.3 * min(sides.values())
        else:
            assert question.answer in getattr(first.draw, "args", ()) or question.answer in COLOURS


@pytest.mark.parametrize("split", ["validation", "test"])
def test_no_answer_can_be_guessed_from_the_question(split: str) -> None:
    """Majority and naive Bayes over the question's words, learnt on training rows, kind by kind."""
    rows = {name: [row for scene in scenes(name) for row in examples(scene)] for name in ("train", split)}
    figures = judge_baselines(rows["train"], rows[split])
    for kind in KINDS:
        most, guessed = (figures[name][f"{kind} right"] for name in ("majority", "question"))
        assert most.n == COUNTS[split] // len(KINDS)
        assert (
            most.value
            <= {"count": 0.12, "colour": 0.11, "unusual": 0.11, "where": 0.21, "larger": 0.51, "text": 0.05}[kind]
        )
        low = guessed.as_json()["low"]
        assert isinstance(low, float)
        assert low <= most.value, (kind, str(guessed), str(most))


def test_rows_are_what_the_operation_reads_and_writes() -> None:
    for scene in scenes("test"):
        for row in examples(scene):
            assert OPERATION.read_input(row.input).image == f"images/{scene.id}.png"
            assert OPERATION.render_output(OPERATION.parse(row.target)) == row.target


def test_shades_stay_near_their_colour() -> None:
    from random import Random

    for colour in COLOURS:
        shades = {split: {shade(Random(n), split, colour) for n in range(20)} for split in SPLITS}
        assert not shades["train"] & shades["test"]


def test_a_draw_that_no_split_gets_is_told() -> None:
    from random import Random

    with pytest.raises(RuntimeError, match="no draw belongs to test"):
        draw_of(Random(0), "test", lambda _random: "", lambda _drawn: "x")


def test_an_unknown_split_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="unknown split: expected one of train, validation, test, got 'dev'"):
        next(generate_scenes("dev", 1, 0))


def test_more_questions_are_answered_by_the_same_scene() -> None:
    """Only a training gets them; each is asked once, of things that are there as often and as large as it says."""
    asked = Counter[str]()
    for scene in generate_scenes("train", 600, 5, more=4):
        assert 1 <= len(scene.questions) <= 5
        assert len({(q.kind, q.reason) for q in scene.questions}) == len(scene.questions)
        held = Counter(thing.holds[0] for thing in scene.placed)
        for question in scene.questions[1:]:
            asked[question.kind] += 1
            words = question.reason.rstrip(".").split()
            named = [c for c in CATEGORIES if c in words or plural(c) in words]
            if question.kind == "count":
                assert question.answer in {str(held[c]) for c in CATEGORIES if plural(c) in question.text}
            if question.kind == "where":
                assert all(held[c] == 1 for c in CATEGORIES if f"the {c}" in question.text)
            assert named or question.kind == "colour"
    assert min(asked[kind] for kind in ("count", "where")) >= 100
    assert all(len(scene.questions) == 1 for scene in scenes("test"))
