"""vqa rows: the questions of a scene. Pictures lie beside the rows, by the scene's name."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from distill.datasets.example import Example
from runtime_py.operations.vqa import OPERATION, VqaAnswer

if TYPE_CHECKING:  # what paints pictures is no part of a training on text
    from distill.corpus.scenes import Scene


def image_name(scene: "Scene") -> str:
    """The picture's place in the dataset's folder."""
    return f"images/{scene.id}.png"


def examples(scene: "Scene") -> Iterator[Example]:
    """A row for each question."""
    for number, question in enumerate(scene.questions):
        target = OPERATION.render_output(VqaAnswer(question.answer, question.reason))
        given: dict[str, object] = {"image": image_name(scene), "question": question.text}
        yield Example(f"vqa/{scene.id}/{number}", given, target, question.kind)


PICTURED: "Callable[[Scene], Iterator[Example]]" = examples
