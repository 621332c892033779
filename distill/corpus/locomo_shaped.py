"""Conversations of the synthetic world in LoCoMo's single-file layout, with their oracle beside.

What a person said, which photos, dates and questions there are has LoCoMo's fields; who the people are, and all they
say, is made up: nothing of LoCoMo is in them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from distill.corpus.generate import generate_dialogue
from runtime_py.dialogues import Dialogue, Question, Session, write_dialogues
from runtime_py.files import write_file_atomic

LOCOMO, ORACLE = "locomo.json", "oracle.jsonl"


def locomo_shaped(parts: Mapping[str, Sequence[str]], seed: int) -> list[Dialogue]:
    """A dialogue for each name, its words those of its part (`train`, `validation`, `test`); the same for a seed.

    Turns, sessions and questions are numbered as LoCoMo's are.
    """
    return [
        _numbered(generate_dialogue(part, Random(f"locomo-shaped:{seed}:{name}"), name))
        for part, names in parts.items()
        for name in names
    ]


def write_locomo_shaped(folder: Path, dialogues: Sequence[Dialogue]) -> tuple[Path, Path]:
    """`locomo.json` without and `oracle.jsonl` with the known facts and events; the same ids stand in both."""
    rows = [_sample(dialogue) for dialogue in dialogues]
    write_file_atomic(folder / LOCOMO, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
    write_dialogues(folder / ORACLE, dialogues)
    return folder / LOCOMO, folder / ORACLE


def _numbered(dialogue: Dialogue) -> Dialogue:
    names = {
        turn.id: f"D{number}:{place}"
        for number, session in enumerate(dialogue.sessions, start=1)
        for place, turn in enumerate(session.turns, start=1)
    }
    sessions = tuple(
        Session(session.date, tuple(replace(turn, id=names[turn.id]) for turn in session.turns), session.time)
        for session in dialogue.sessions
    )
    questions = tuple(
        replace(question, evidence=tuple(dict.fromkeys(names[turn] for turn in question.evidence)))
        for question in dialogue.questions
    )
    return replace(dialogue, sessions=sessions, questions=questions)


def _sample(dialogue: Dialogue) -> dict[str, Any]:
    talk: dict[str, Any] = {"speaker_a": dialogue.speakers[0], "speaker_b": dialogue.speakers[1]}
    for number, session in enumerate(dialogue.sessions, start=1):
        day = session.date
        talk[f"session_{number}_date_time"] = f"10:00 am on {day.day} {day:%B}, {day.year}" if day else ""
        talk[f"session_{number}"] = [
            {"speaker": turn.speaker, "dia_id": turn.id, "text": turn.text} for turn in session.turns
        ]
    return {"sample_id": dialogue.id, "conversation": talk, "qa": [_qa(question) for question in dialogue.questions]}


def _qa(question: Question) -> dict[str, Any]:
    """Adversarial questions have no `answer`, as in LoCoMo."""
    answer = {"adversarial_answer": question.answer} if question.kind == "unanswerable" else {"answer": question.answer}
    return {
        "question": question.text,
        **answer,
        "evidence": list(question.evidence),
        "category": question.category,
    }
