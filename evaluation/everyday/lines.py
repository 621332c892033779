"""Statements and questions as plain files: what one person says on one day, a line each, as with `memlora add`.

A folder holds `statements.txt` (a statement a line, by a person without a name) and `questions.tsv` (question TAB right
answers between ` || `; the refusal where there is none); perhaps `flat_statements.txt` and `flat_questions.tsv`, said
by Tom and asked in the third person.
"""

from datetime import date
from pathlib import Path

from runtime_py.dialogues import Dialogue, Question, Session, Turn
from runtime_py.errors import ConfigError
from runtime_py.files import read_lines
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.operations.select import NAMELESS

SETS = {"statements.txt": ("questions.tsv", NAMELESS["user"]), "flat_statements.txt": ("flat_questions.tsv", "Tom")}
"""Each file of statements with its questions and who says them."""


def read_sets(folder: Path, day: date) -> list[Dialogue]:
    """The sets of a folder as dialogues, called `statements` and `flat_statements`, each statement a session of `day`.

    Raises:
        ConfigError: no `statements.txt`, an empty file, or a line that is no question.
    """
    present = [name for name in SETS if name == "statements.txt" or (folder / name).is_file()]
    return [_read_set(folder / name, folder / SETS[name][0], SETS[name][1], day) for name in present]


def _read_set(statements: Path, questions: Path, speaker: str, day: date) -> Dialogue:
    said = [line for _, line in read_lines(statements, "file of statements")]
    turns = [Turn(str(number), speaker, text.strip()) for number, text in enumerate(said, start=1)]
    asked = [_question(f"{questions}:{place}", line) for place, line in read_lines(questions, "file of questions")]
    if not turns or not asked:
        raise ConfigError(f"nothing to ask: expected lines in {statements} and {questions}, got none; write some")
    sessions = tuple(Session(day, (turn,)) for turn in turns)
    return Dialogue(statements.stem, (speaker,), sessions, tuple(asked))


def _question(place: str, line: str) -> Question:
    text, _, right = (part.strip() for part in line.partition("\t"))
    answers = [answer.strip() for answer in right.split("||")]
    if not text or not all(answers):
        raise ConfigError(f"{place}: expected a question, a TAB and its right answers, got {line[:60]!r}; correct it")
    kind = "unanswerable" if answers == [UNANSWERABLE] else "single_hop"
    return Question(place.rpartition(":")[2], text, kind, answers[0], alternatives=tuple(answers[1:]))
