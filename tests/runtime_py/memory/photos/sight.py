"""An encoder and an expert without a model: what is seen is the mean colour, told by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_py.images import Pixels
from runtime_py.memory import Sight
from runtime_py.operations import UnparsableError
from runtime_py.operations.generator import Generated
from runtime_py.operations.vqa import VqaAnswer, VqaInput
from runtime_py.parts import Embeddings
from runtime_py.store import Store
from tests.runtime_py.script import Script

COLOURS = ("red", "green", "blue")


def plain(colour: str, width: int = 40, height: int = 30) -> Pixels:
    """A picture of one colour."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., COLOURS.index(colour)] = 200
    return pixels


class FakeEncoder:
    """Two rows of the mean colour; `encoded` counts the pictures."""

    def __init__(self, identity: str = "one") -> None:
        self.identity = identity
        self.encoded = 0

    def encode(self, pixels: Pixels) -> NDArray[np.float32]:
        self.encoded += 1
        return np.stack([pixels.reshape(-1, 3).mean(axis=0)] * 2).astype(np.float32)


def brightest(rows: Embeddings, _question: str) -> VqaAnswer:
    """The name of the brightest colour."""
    colour = COLOURS[int(rows.rows[0].argmax())]
    return VqaAnswer(colour, f"It is {colour}.")


class SeeingScript(Script):
    """A script that answers `vqa` from a picture's rows; `answer` None: nothing usable."""

    def __init__(
        self, pictures: Callable[[str], Embeddings], answer: Callable[..., VqaAnswer] | None = brightest, **given: Any
    ) -> None:
        super().__init__(**given)
        self._pictures, self._answer = pictures, answer
        self.operations = (*self.operations, "vqa")

    def run(self, operation: str, given: Any) -> Generated:
        if operation != "vqa":
            return super().run(operation, given)
        self.seen.append((operation, given))
        assert isinstance(given, VqaInput)
        if self._answer is None:
            raise UnparsableError("expected JSON, got 'sorry'")
        return Generated(self._answer(self._pictures(given.image), given.question))


def seeing(store: Store, encoder: FakeEncoder, **given: Any) -> tuple[SeeingScript, Sight]:
    """A script beside the sight that it looks with."""
    sight = Sight(lambda: encoder, store)
    return SeeingScript(sight.rows_of, **given), sight
