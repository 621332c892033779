"""Pictures for the demo: scenes of the test split, shown with words that do not tell what is to be seen.

Without the font of pictograms only scenes that need none are painted: drawn things alone.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime_py.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from distill.corpus.scenes import Scene
    from runtime_py.memory import Memory

SEED = 17
"""Chosen before anything was asked about these scenes; the suite's figures are of seed 0."""

FIRST_DAY = date(2026, 10, 19)
OCCASIONS = (
    ("Look, this hangs in my dentist's waiting room.", "of the waiting room"),
    ("My niece Tilda made this one for me.", "by Tilda"),
    ("This is a page of Ilse's puzzle book.", "from the puzzle book"),
    ("I saw this on the wall along the canal.", "of the wall along the canal"),
    ("And this one is from the lift in our office.", "from the lift"),
    ("I passed this on my way to the swimming pool.", "from my way to the swimming pool"),
)
"""What is said when a picture is shown, and how a question means that picture later."""


@dataclass(frozen=True)
class Shown:
    """A picture's `file`, the `day` and the `words` with which it is shown, a `question` and its true answer."""

    file: Path
    day: date
    words: str
    question: str
    expected: str


def has_pictograms() -> bool:
    """Whether pictograms can be painted. Raises `MissingExtraError` without Pillow, `ConfigError` for a font named
    that is no file."""
    try:
        from distill.corpus.scenes.pictograms import VARIABLE, font_file
    except ModuleNotFoundError as e:
        raise MissingExtraError(
            "no pictures: expected Pillow, which paints and decodes them, found none; pip install 'memlora[vision]'"
        ) from e
    try:
        font_file()
    except ConfigError:
        if os.environ.get(VARIABLE):
            raise
        return False
    return True


def paint_album(folder: Path) -> tuple[Shown, ...]:
    """Paints the pictures into `folder`, a kind of question after the other; the same ones every time."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for number, (scene, (words, which)) in enumerate(zip(_scenes(has_pictograms()), OCCASIONS, strict=False)):
        file = folder / f"{scene.id}.png"
        scene.paint().save(file)
        asked = scene.questions[0]
        question = f"{asked.text[:-1]} in the picture {which}{asked.text[-1]}"
        shown.append(Shown(file, FIRST_DAY + timedelta(number), words, question, asked.answer))
    return tuple(shown)


def _scenes(with_pictograms: bool) -> Iterator["Scene"]:
    from distill.corpus.scenes import generate_scenes

    for scene in generate_scenes("test", 100 * len(OCCASIONS), SEED):
        if with_pictograms or all(len(thing.holds) == 2 for thing in scene.placed):  # body and part: a drawn thing
            yield scene


def show_album(memory: "Memory", user: str, album: Sequence[Shown]) -> list[int]:
    """Shows every picture to the memory as `user`; their ids, in order."""
    ids = []
    for shown in album:
        told = memory.add(shown.words, user, shown.day, shown.file.stem, images=[shown.file])
        ids.append(told.photos[0])
    return ids


def ask_album(memory: "Memory", user: str, album: Sequence[Shown], ids: Sequence[int]) -> list[dict[str, Any]]:
    """The question about each picture: the answer, what was seen, and whether the right picture was looked at."""
    rows = []
    for shown, photo in zip(album, ids, strict=True):
        answer = memory.ask(shown.question, user)
        rows.append(
            {
                "file": shown.file.name,
                "day": shown.day.isoformat(),
                "words": shown.words,
                "question": shown.question,
                "expected": shown.expected,
                "answer": answer.text,
                "reason": answer.reason,
                "is_looked_at": answer.photo is not None and answer.photo.photo.id == photo,
                "is_right": answer.text.casefold() == shown.expected.casefold(),
            }
        )
    return rows
