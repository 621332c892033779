"""Dialogues -> answers -> the datasets that experts are trained on, by any runner."""

import fcntl
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from distill.labelling.conversation import BadRow, LabelledRows, exchanges_to_read
from distill.labelling.shards import Shards, hold
from distill.labelling.work import Batch, Job, Report, Runner, cut
from distill.teachers.labelling import KIND
from distill.teachers.teacher import TeacherError
from runtime_py import operations
from runtime_py.dialogues import Dialogue
from runtime_py.errors import ConfigError
from runtime_py.files import Example, write_example, write_file_atomic, write_folder, write_manifest
from runtime_py.progress import Progress, Steps, silent

DATASETS, ANSWERS, BAD = "datasets", "answers", "bad.jsonl"
VALIDATION_SHARE = 10  # one dialogue of so many is validation
EXTRACT, UPDATE = operations.get("extract"), operations.get("update")
MOST_ROWS, MOST_DIALOGUES = 512, 256


@dataclass(frozen=True)
class LabelledDialogues:
    """What a run made and asked for; `unanswered` rows are asked for again by the next run."""

    rows: dict[str, dict[str, int]]
    bad: int
    unanswered: int
    requests: int
    answered: int
    prompt_tokens: int
    answer_tokens: int


def label_dialogues(
    dialogues: Sequence[Dialogue], job: Job, out: Path, run: Runner, progress: Progress = silent
) -> LabelledDialogues:
    """Labels extract and update of `dialogues`: `out/datasets/<operation>/<split>.jsonl`, `out/bad.jsonl`.

    First every exchange is read, all of them at once; then the dialogues are gone through side by side, the updates of
    one in their order. Rows stand in the order of the dialogues and their exchanges, whoever labelled them; a tenth of
    the dialogues, chosen by the sha256 of their ids, is validation. Answers are kept in `job.answers`: killed and
    started again, it asks for what is missing and nothing else.
    Raises `TeacherError` where the teacher refuses every request, `ConfigError` for dialogues it cannot label.
    """
    _check(dialogues)
    key = job.teacher.read_key()
    job = replace(job, has_key=key is not None)
    shards = Shards(job.answers)
    reports: list[Report] = []
    with hold(job.answers / "driver.lock", fcntl.LOCK_EX, "another run into this folder has ended"):
        shards.seal()
        unread = _unread(dialogues, job, shards)
        reports += _run_all(unread, MOST_ROWS, "extract", job, run, progress)
        shards.seal()
        longest_first = sorted(dialogues, key=lambda each: (-sum(len(s.turns) for s in each.sessions), each.id))
        found = _run_all(longest_first, MOST_DIALOGUES, "update, dialogues", job, run, progress)
        shards.seal()
    labelled = {name: rows for report in found for name, rows in report.labelled.items()}
    missing = [each.id for each in dialogues if each.id not in labelled]
    if missing:
        raise TeacherError(f"expected rows of every dialogue, got none of {missing[0]}; run again to go on")
    made = _write(dialogues, labelled, job, out)
    reports += found
    bad = [row for rows in labelled.values() for row in rows.bad]
    return LabelledDialogues(
        made,
        len(bad),
        sum(row.is_unanswered for row in bad),
        *(
            sum(getattr(r, name) for r in reports)
            for name in ("requests", "answered", "prompt_tokens", "answer_tokens")
        ),
    )


def _check(dialogues: Sequence[Dialogue]) -> None:
    twice = [name for name, count in Counter(dialogue.id for dialogue in dialogues).items() if count > 1]
    if twice:
        raise ConfigError(f"dialogues: expected every id once, got {twice[0]!r} again; rename one")
    if len(dialogues) < 2:
        raise ConfigError(
            f"dialogues: expected at least two, one to train on and one to validate on, got {len(dialogues)}; name a "
            "file with more"
        )


def _unread(dialogues: Sequence[Dialogue], job: Job, shards: Shards) -> list[tuple[str, Example]]:
    """Exchanges without an answer, each prompt once."""
    new: dict[str, tuple[str, Example]] = {}
    for dialogue in dialogues:
        for example in exchanges_to_read(dialogue):
            name = job.key("extract", example)
            if name not in new and shards.get(name) is None:
                new[name] = ("extract", example)
    return list(new.values())


def _run_all(units: Sequence[Any], most: int, work: str, job: Job, run: Runner, progress: Progress) -> list[Report]:
    steps = Steps(progress, work, len(units))
    batches = [
        Batch(dialogues=tuple(part)) if isinstance(part[0], Dialogue) else Batch(rows=tuple(part))
        for part in cut(units, job, most)
    ]
    reports = []
    for report in run(job, batches, steps.advance):
        if report.error:
            raise TeacherError(report.error)
        reports.append(report)
    return reports


def splits(dialogues: Iterable[Dialogue]) -> dict[str, str]:
    """Dialogue -> train or validation, by the order of the sha256 of the ids."""
    names = sorted((dialogue.id for dialogue in dialogues), key=lambda name: hashlib.sha256(name.encode()).digest())
    held_out = set(names[: max(1, len(names) // VALIDATION_SHARE)])
    return {name: "validation" if name in held_out else "train" for name in names}


def _write(
    dialogues: Sequence[Dialogue], labelled: dict[str, LabelledRows], job: Job, out: Path
) -> dict[str, dict[str, int]]:
    split_of, made = splits(dialogues), {}
    description = {"model": job.teacher.model, **_parameters(job)}
    bad: list[BadRow] = []
    for dialogue in dialogues:
        bad += labelled[dialogue.id].bad
    for operation in (EXTRACT.name, UPDATE.name):
        lines: dict[str, list[str]] = {"train": [], "validation": []}
        for dialogue in dialogues:
            lines[split_of[dialogue.id]] += [write_example(row) for row in labelled[dialogue.id].rows[operation]]
        with write_folder(out / DATASETS / operation) as folder:
            for split, rows in lines.items():
                (folder / f"{split}.jsonl").write_text("".join(f"{row}\n" for row in rows), "utf-8", newline="\n")
            counts = {split: len(rows) for split, rows in lines.items()}
            dropped = Counter(_class(row) for row in bad if row.operation == operation)
            facts = {"rows": counts, "dropped": dict(sorted(dropped.items()))}
            write_manifest(folder, KIND, {"operation": operation, "teacher": description}, facts=facts)
        made[operation] = counts
    write_file_atomic(out / BAD, "".join(f"{json.dumps(asdict(row), ensure_ascii=False)}\n" for row in bad).encode())
    return made


def _class(row: BadRow) -> str:
    return "unanswered" if row.is_unanswered else row.reason if len(row.reason) < 30 else "refused"


def _parameters(job: Job) -> dict[str, Any]:
    return {"temperature": job.teacher.temperature, "max_tokens": job.teacher.max_tokens}
