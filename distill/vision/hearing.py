"""What an eye would tell of scenes that nobody painted: facts for the language side to learn from.

Boxes are where the plan has them, a little off, and now and then one is missed or seen where nothing is. What a thing
looks like comes from the shelf, where namers told of things that they were not taught: so the base meets the doubt that
it will meet in a test.
"""

from collections.abc import Sequence

import numpy as np
import torch

from distill.corpus.scenes import Scene
from distill.corpus.scenes.colours import COLOURS
from distill.datasets.vqa import image_name
from distill.vision.eye.finder import MOST_THINGS
from distill.vision.eye.material import kind_of
from distill.vision.eye.painted import boxes_of
from distill.vision.eye.relate import Things, relate
from distill.vision.eye.shelf import Shelf
from distill.vision.features import Features
from distill.vision.told import KINDS, SIGN_WORDS
from distill.vision.tower import FEATURES

_MISSED, _IMAGINED = 0.006, 0.02
_OFF, _GROWN = 0.006, 0.03  # deviations: of a centre in parts of the picture, of a side in parts of it
_WRONG_COLOUR, _WRONG_WORD = 0.08, 0.02
_BATCH = 64


def hear(scenes: Sequence[Scene], shelf: Shelf, seed: int) -> Features:
    """The scenes' facts: the same for the same scenes, shelf and seed."""
    told: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]] = {}
    for start in range(0, len(scenes), _BATCH):
        some = scenes[start : start + _BATCH]
        made = [_thing(scene, shelf, np.random.default_rng([seed, start + n])) for n, scene in enumerate(some)]
        things = Things(*(torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*made, strict=True)))
        for name, found in relate(things).items():
            told.setdefault(name, []).append(found.numpy())
    places = {image_name(scene): row for row, scene in enumerate(scenes)}
    return Features({name: np.concatenate(found) for name, found in told.items()}, places)


def _thing(scene: Scene, shelf: Shelf, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Boxes, sureness, kinds, looks, colours and words of one scene, as `Things` without a batch."""
    boxes, sure = np.zeros((MOST_THINGS, 3)), np.zeros(MOST_THINGS)
    kinds, looks = np.zeros((MOST_THINGS, len(KINDS))), np.zeros((MOST_THINGS, FEATURES), np.float32)
    seen = [box for box in boxes_of(scene.size, scene.placed) if random.random() >= _MISSED]
    for place, box in enumerate(seen[:MOST_THINGS]):
        row = random.choice(shelf.of(box.name, kind_of(box)))
        boxes[place] = box.across, box.down, box.side * (1 + _GROWN * random.standard_normal())
        boxes[place, :2] += _OFF * random.standard_normal(2)
        sure[place] = 1 - 0.1 * random.random() ** 4
        kinds[place], looks[place] = shelf.kinds[row], shelf.looks[row]
    for place in range(len(seen), MOST_THINGS):
        row = random.integers(len(shelf.kinds))
        boxes[place] = *random.random(2), 0.2 * random.random()
        sure[place] = random.random() if random.random() < _IMAGINED else 0.03 * random.random() ** 4
        kinds[place], looks[place] = shelf.kinds[row], shelf.looks[row]
    drawn = next((box.holds for box in seen if len(box.holds) == 2), random.choice(COLOURS, 2))
    sign = next((box.holds[0] for box in seen if box.name == "sign"), random.choice(SIGN_WORDS))
    colours = np.stack([_doubted(COLOURS.index(colour), len(COLOURS), _WRONG_COLOUR, random) for colour in drawn])
    return boxes, sure, kinds, looks, colours, _doubted(SIGN_WORDS.index(sign), len(SIGN_WORDS), _WRONG_WORD, random)


def _doubted(right: int, words: int, wrong: float, random: np.random.Generator) -> np.ndarray:
    """Log shares `[words]`, mostly of the right word."""
    doubt = 0.9 * random.random() if random.random() < 2 * wrong else 0.2 * random.random() ** 2
    shares = doubt * random.dirichlet(np.full(words, 0.2)) + 1e-3
    shares[right] += 1 - doubt
    return np.log(shares)
