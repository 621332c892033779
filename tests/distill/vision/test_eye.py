"""The eye: crops by products, boxes that do not meet, and facts that answer what the generator asks."""

import numpy as np
import pytest
import torch

from distill.corpus.scenes import KINDS, Scene, generate_scenes, pictograms
from distill.corpus.scenes.colours import COLOURS
from distill.datasets.vqa import image_name
from distill.vision.eye.answers import answer
from distill.vision.eye.crops import crop
from distill.vision.eye.finder import GRID, MOST_THINGS, pick
from distill.vision.eye.painted import MIRRORED, boxes_of, varied
from distill.vision.eye.relate import Things, relate
from distill.vision.eye.shelf import Shelf
from distill.vision.hearing import hear
from distill.vision.projector import IMAGE_TOKENS, Projector
from distill.vision.told import CATEGORY_WORDS, FACTS, QUERIES, SIGN_WORDS
from distill.vision.told import KINDS as THINGS
from distill.vision.tower import FEATURES, SIDE


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return list(generate_scenes("test", 300, 3))


@pytest.fixture(scope="module")
def shelf(scenes: list[Scene]) -> Shelf:
    """Whoever is asked knows each thing, and two looks are alike where the names are."""
    names = dict.fromkeys(box.name for scene in scenes for box in boxes_of(scene.size, scene.placed))
    source = np.random.default_rng(0)
    looks = source.standard_normal((len(names), FEATURES)).astype(np.float16)
    kinds = np.zeros((len(names), len(THINGS)), np.float32)
    held = {box.name: box.holds for scene in scenes for box in boxes_of(scene.size, scene.placed)}
    for row, name in enumerate(names):
        kind = "drawn" if len(held[name]) == 2 else held[name][0] if held[name][0] in THINGS else "sign"
        kinds[row, THINGS.index(kind)] = 12
    return Shelf(kinds, looks, kinds.argmax(1), tuple(names))


def test_facts_alone_answer_nearly_every_question(scenes: list[Scene], shelf: Shelf) -> None:
    """What is told of things that are known is right, but where the teller was made to err."""
    told = hear(scenes, shelf, 0)
    assert [told.place[image_name(scene)] for scene in scenes] == list(range(len(scenes)))
    shares = told.of([image_name(scene) for scene in scenes])
    for kind in KINDS:
        asked = [(row, scene.questions[0]) for row, scene in enumerate(scenes) if scene.questions[0].kind == kind]
        right = [answer(shares, row, question) == question.answer for row, question in asked]
        assert np.mean(right) > 0.85, kind
    for name, fact in FACTS.items():
        assert told.shares[name].shape == (300, fact.end - fact.first, len(fact.words))
        assert np.allclose(told.shares[name].sum(-1), 1, atol=1e-3), name
    again = hear(scenes, shelf, 0)
    assert all(np.array_equal(found, again.shares[name]) for name, found in told.shares.items())


def test_a_thing_never_taught_is_told_by_what_else_stands_there() -> None:
    """Of two things that look like nothing known, the one a little more like a person is the person, and is counted."""
    kinds = torch.zeros(1, MOST_THINGS, len(THINGS))
    animal, person, tool = (CATEGORY_WORDS.index(word) for word in ("animal", "person", "tool"))
    kinds[0, :, tool] = 3.0
    kinds[0, :3, person], kinds[0, 3:5, animal] = 1.0, 1.0
    looks = torch.zeros(1, MOST_THINGS, FEATURES)
    looks[0, :3, 0], looks[0, 3:5, 1], looks[0, 5:, 2] = 1, 1, 1
    boxes = torch.tensor([[0.1, 0.5, 0.2]] * 3 + [[0.9, 0.5, 0.1]] * 2 + [[0.5, 0.5, 0.1]] * 7)[None]
    sure = torch.tensor([[1.0] * 5 + [0.001] * 7])
    colours, words = torch.zeros(1, 2, len(COLOURS)), torch.zeros(1, len(SIGN_WORDS))
    shares = relate(Things(boxes, sure, kinds, looks, colours, words))
    assert FACTS["count"].words[int(shares["count"][0, person].argmax())] == "3"
    assert FACTS["count"].words[int(shares["count"][0, animal].argmax())] == "2"
    assert FACTS["place"].words[int(shares["place"][0, person].argmax())] == "left"
    assert FACTS["place"].words[int(shares["place"][0, animal].argmax())] == "right"
    assert shares["largest"][0, 0, person] > shares["largest"][0, 0, animal]
    assert float(shares["sign"][0, 0, -1]) > 0.9


def test_a_crop_is_the_picture_there() -> None:
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    same = crop(picture, torch.tensor([[[0.5, 0.5, 1.0, 1.0]]]), (64, 64))[0, 0]
    assert torch.allclose(same, picture[0], atol=1e-5)
    corner = crop(picture, torch.tensor([[[0.25, 0.75, 0.5, 0.5]]]), (32, 32))[0, 0]
    assert torch.allclose(corner, picture[0, :, 32:, :32], atol=1e-5)
    smaller = crop(torch.ones(1, 3, 64, 64), torch.tensor([[[0.5, 0.5, 0.9, 0.9]]]), (8, 12))
    assert torch.allclose(smaller, torch.ones(()), atol=0.02)
    assert not crop(picture, torch.tensor([[[3.0, 3.0, 0.5, 0.5]]]), (8, 8)).any()


def test_boxes_are_picked_one_a_thing() -> None:
    told = torch.zeros(1, 4, GRID * GRID)
    told[0, 0], told[0, 3] = -9, np.log(0.2)
    steps = (torch.arange(GRID) + 0.5) / GRID
    told[0, 1:3] = torch.stack(torch.meshgrid(steps, steps, indexing="xy")).view(2, -1)
    for row, column in ((10, 10), (10, 11), (11, 10), (30, 30)):
        told[0, 0, row * GRID + column] = 4 - 0.1 * column
    boxes, sure = pick(told)
    assert (sure[0] > 0.5).sum() == 2
    assert torch.allclose(boxes[0, 0], torch.tensor([10.5 / GRID, 10.5 / GRID, 0.2]), atol=1e-5)
    assert torch.allclose(boxes[0, 1, :2], torch.tensor(30.5 / GRID), atol=1e-5)


def test_words_begin_as_the_bases_own() -> None:
    projector = Projector(24, 0.1)
    vectors = {word: torch.randn(24) for fact in FACTS.values() for word in (*fact.words, *QUERIES)}
    projector.begin(vectors.__getitem__)
    alike = torch.nn.functional.cosine_similarity(projector.words["count"][7], vectors["7"], dim=0)
    assert float(alike) == pytest.approx(1)
    shares = {n: torch.rand(2, f.end - f.first, len(f.words)).softmax(-1) for n, f in FACTS.items()}
    tokens = projector(shares)
    assert tokens.shape == (2, IMAGE_TOKENS, 24)
    assert float(tokens.square().mean().sqrt()) == pytest.approx(0.1, rel=0.01)


def test_a_varied_scene_is_the_same_again_and_its_boxes_stay_inside(font: None) -> None:
    for number in range(4):
        one, other = varied(number, 0), varied(number, 0)
        assert np.array_equal(one.pixels, other.pixels)
        assert one.boxes == other.boxes
        assert one.pixels.shape == (3, SIDE, SIDE)
        assert len(one.boxes) <= MOST_THINGS
        assert all(0 <= box.x <= 1 and 0 <= box.y <= 1 and 0 < box.side < 1 for box in one.boxes)
    assert varied(1, 0).boxes != varied(1, 1).boxes


def test_no_pictogram_of_another_split_is_one_of_training_mirrored(font: None) -> None:
    """A mean of 3 of 255 is the least by which two pictograms differ at all: two faces, unmirrored."""

    def drawn(split: str, category: str, mirror: bool) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        shown = [pictograms.pictogram(name, category).resize((32, 32)) for name in pictograms.names(split, category)]
        values = [np.asarray(picture.convert("RGBA"), np.float32) for picture in shown]
        weighed = [np.dstack([value[..., :3] * value[..., 3:] / 255, value[..., 3:]]) for value in values]
        return [value[:, ::-1] if mirror else value for value in weighed]

    assert set(MIRRORED) < set(pictograms.CATEGORIES)
    for category in MIRRORED:
        taught = np.stack(drawn("train", category, mirror=True))
        for split in ("validation", "test"):
            for other in drawn(split, category, mirror=False):
                assert np.abs(taught - other).mean((1, 2, 3)).min() > 3, (category, split)
