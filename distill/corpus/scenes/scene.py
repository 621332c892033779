"""A picture with the question about it: planned first, painted when it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageFilter

from distill.corpus.scenes.grounds import ground
from distill.corpus.scenes.layouts import Spot

SIZES = ((320, 240), (240, 320), (288, 288), (336, 252))
Draw = Callable[[], Image.Image]


@dataclass(frozen=True)
class Question:
    """`answer` is one word that only the pixels tell; `reason` a sentence of what is seen."""

    kind: str
    text: str
    answer: str
    reason: str


@dataclass(frozen=True)
class Placed:
    """A thing called `name` at a spot, turned by `degrees`; `draw` makes it, RGBA.

    `holds` tells what is in it: a pictogram's category, a drawn thing's two colours (the small part's last), a sign's
    word.
    """

    name: str
    draw: Draw
    spot: Spot
    degrees: float
    holds: tuple[str, ...]


@dataclass
class Plan:
    """What stands where in a picture of `size` (width, height) of a split."""

    random: Random
    split: str
    size: tuple[int, int]
    placed: list[Placed] = field(default_factory=list)

    def put(self, name: str, draw: Draw, spot: Spot, holds: tuple[str, ...], most_degrees: int = 12) -> None:
        """The thing that `draw` makes, so that its longer side is at most that of the spot, a little turned."""
        self.placed.append(Placed(name, draw, spot, self.random.uniform(-most_degrees, most_degrees), holds))


@dataclass(frozen=True)
class Scene:
    """`id` names the scene and seeds its ground."""

    id: str
    split: str
    size: tuple[int, int]
    placed: tuple[Placed, ...]
    questions: tuple[Question, ...]

    def paint(self) -> Image.Image:
        """The picture, RGB of `size`: the same bytes whenever it is painted.

        Raises:
            ConfigError: no font with pictograms is installed.
        """
        picture = ground(Random(f"ground:{self.id}"), self.size)
        for thing in self.placed:
            paint_thing(picture, thing)
        return picture


def paint_thing(picture: Image.Image, thing: Placed) -> None:
    """The thing with its shadow, onto `picture`."""
    drawn, side = thing.draw(), thing.spot.side
    scale = side / max(drawn.size)
    fitted = drawn.resize([max(1, round(scale * length)) for length in drawn.size], Image.Resampling.LANCZOS)
    turned = fitted.rotate(thing.degrees, Image.Resampling.BICUBIC, expand=True)
    turned.thumbnail((side, side), Image.Resampling.LANCZOS)
    left, top = thing.spot.x - turned.width // 2, thing.spot.y - turned.height // 2
    _shade(picture, turned, left, top)
    picture.paste(turned, (left, top), turned)


def _shade(picture: Image.Image, drawn: Image.Image, left: int, top: int) -> None:
    """A soft shadow to the right and below."""
    reach = max(2, drawn.width // 14)
    mask = Image.new("L", (drawn.width + 4 * reach, drawn.height + 4 * reach))
    mask.paste(drawn.getchannel("A").point(lambda alpha: alpha * 2 // 5), (2 * reach, 2 * reach))
    soft = mask.filter(ImageFilter.GaussianBlur(reach))
    picture.paste(Image.new("RGB", soft.size, (25, 25, 30)), (left - reach, top - reach), soft)
