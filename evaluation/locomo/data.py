"""Reading a LoCoMo file (Maharana et al. 2024): a list of samples in the upstream single-file layout."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.figures.dialogue import Dialogue, Question, Session, Turn
from runtime_py.errors import ConfigError
from runtime_py.text import parse_session_date

_EVIDENCE = re.compile(r"D:?(\d+):0*(\d+)")
_SESSION = re.compile(r"session_(\d+)")


def read_locomo(path: Path, sample: str) -> Dialogue:
    """The sample called `sample`; a question's kind is its category number.

    A shared photo is told by its caption; the search words that led to it are never read.
    Evidence is read out of free text such as `D8:6; D9:17` or `D30:05`; what names no turn of the sample is left out.

    Raises:
        ConfigError: the file is missing or of another layout, or it has no such sample.
    """
    try:
        samples = json.loads(path.read_text(encoding="utf-8"))
        names = [str(row["sample_id"]) for row in samples]
    except OSError as e:
        raise ConfigError(f"cannot read LoCoMo: expected the file {path}, got {e.strerror}; give --data FILE") from e
    except (ValueError, KeyError, TypeError) as e:
        raise ConfigError(f"{path} is no LoCoMo file: expected a list of samples with sample_id, got {e!r}") from e
    if sample not in names:
        raise ConfigError(f"unknown LoCoMo sample: expected one of {', '.join(names)}, got {sample!r}")
    try:
        return _read_sample(samples[names.index(sample)])
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"{path}, sample {sample}: expected LoCoMo's conversation and qa, got {e!r}") from e


def _read_sample(row: Mapping[str, Any]) -> Dialogue:
    talk = row["conversation"]
    numbers = sorted(int(m[1]) for key in talk if (m := _SESSION.fullmatch(key)) and talk[key])
    sessions = tuple(_read_session(talk, number, place) for place, number in enumerate(numbers, start=1))
    known = {turn.id for session in sessions for turn in session.turns}
    name = str(row["sample_id"])
    questions = tuple(_read_question(f"{name}/{i}", qa, known) for i, qa in enumerate(row["qa"]))
    return Dialogue(name, (talk["speaker_a"], talk["speaker_b"]), sessions, questions)


def _read_session(talk: Mapping[str, Any], number: int, place: int) -> Session:
    name = f"session_{number}"
    turns = tuple(Turn(t["dia_id"], t["speaker"], t["text"].strip(), t.get("blip_caption")) for t in talk[name])
    return Session(str(place), parse_session_date(talk[f"{name}_date_time"]), turns)


def _read_question(name: str, qa: Mapping[str, Any], known: set[str]) -> Question:
    found = [f"D{session}:{turn}" for text in qa["evidence"] for session, turn in _EVIDENCE.findall(text)]
    evidence = tuple(dict.fromkeys(turn for turn in found if turn in known))
    return Question(name, qa["question"], str(qa.get("answer", "")), str(qa["category"]), evidence)
