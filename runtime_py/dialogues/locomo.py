"""LoCoMo (Maharana et al., 2024; CC BY-NC 4.0, evaluation only) as dialogues."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime_py.dialogues.dialogue import CATEGORIES, Dialogue, Question, Session, Turn
from runtime_py.errors import ConfigError
from runtime_py.operations.generate import UNANSWERABLE
from runtime_py.text import parse_moment

_KINDS = {number: kind for kind, number in CATEGORIES.items()}


def read_locomo(path: Path, samples: Sequence[str] = ()) -> list[Dialogue]:
    """The conversations of a LoCoMo file (all, or those whose `sample_id` is in `samples`, in the file's order).

    A photo's caption becomes part of the text; the search query behind a photo never does. Dates without a session are
    skipped, answers become text, and adversarial questions (category 5) have the answer "no information available".

    Raises:
        ConfigError: not a LoCoMo file, a session's date that cannot be read, or a sample that the file does not hold.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise ConfigError(f"{path}: expected a LoCoMo JSON file, got {e}; check the path") from e
    try:
        found = {str(row["sample_id"]): row for row in rows}
        missing = [name for name in samples if name not in found]
        if missing:
            raise ConfigError(f"{path}: expected a sample out of {', '.join(found)}, got {missing[0]!r}; correct it")
        return [_dialogue(name, row) for name, row in found.items() if not samples or name in samples]
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        raise ConfigError(
            f"{path}: expected LoCoMo's fields (sample_id, conversation, qa), got {e!r}; check the file"
        ) from e


def _dialogue(name: str, row: Mapping[str, Any]) -> Dialogue:
    talk = row["conversation"]
    numbers = sorted(int(match[1]) for key in talk if (match := re.fullmatch(r"session_(\d+)", key)) and talk[key])
    sessions = tuple(_session(f"sample {name}, session_{n}", talk, n) for n in numbers)
    known = {turn.id for session in sessions for turn in session.turns}
    questions = tuple(_question(index, item, known) for index, item in enumerate(row["qa"], start=1))
    return Dialogue(name, (str(talk["speaker_a"]), str(talk["speaker_b"])), sessions, questions)


def _session(place: str, talk: Mapping[str, Any], number: int) -> Session:
    moment = _moment(place, talk.get(f"session_{number}_date_time"))
    turns = talk[f"session_{number}"]
    read = tuple(Turn(str(turn["dia_id"]), str(turn["speaker"]), _text(turn)) for turn in turns)
    return Session(moment.date() if moment else None, read, moment.strftime("%H:%M") if moment else None)


def _moment(place: str, when: str | None) -> datetime | None:
    """None where no date is written; a date that is there is never dropped."""
    if when is None or not when.strip():
        return None
    moment = parse_moment(when)
    if moment is None:
        raise ConfigError(
            f"{place}: expected a date like '1:56 pm on 8 May, 2023', got {when[:60]!r}; write it so, or leave it out"
        )
    return moment


def _text(turn: Mapping[str, Any]) -> str:
    caption = turn.get("blip_caption")
    text = str(turn.get("text") or "").strip()
    return f"{text} [shares a photo: {caption}]".strip() if caption else text


def _question(number: int, item: Mapping[str, Any], known: set[str]) -> Question:
    """Evidence is cleaned: several ids in one string are split, `D30:05` is `D30:5`, ids of no turn are dropped."""
    parts = [part for entry in item.get("evidence", []) for part in re.findall(r"D:?(\d+):0*(\d+)", str(entry))]
    evidence = tuple(dict.fromkeys(f"D{session}:{turn}" for session, turn in parts if f"D{session}:{turn}" in known))
    category = int(item["category"])
    answer = UNANSWERABLE if category == CATEGORIES["unanswerable"] else str(item["answer"])
    return Question(f"q{number}", str(item["question"]), _KINDS[category], answer, evidence, category)
