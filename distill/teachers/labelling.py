"""Inputs + teacher -> the datasets that experts are trained on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from distill.cleaning import clean
from distill.teachers.teacher import Teacher
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import (
    Example,
    is_current,
    read_examples,
    sha256_file,
    write_example,
    write_folder,
    write_manifest,
)
from runtime_py.operations import AnyOperation
from runtime_py.progress import Progress, Steps, silent

KIND = "memlora.dataset"
LABELLED = ("train", "validation")


def label_datasets(
    source: Path, teacher: Teacher, out: Path, names: Iterable[str] | None = None, progress: Progress = silent
) -> Path:
    """Let `teacher` label the inputs in `source/<op>/<split>.jsonl`; the cleaned rows go to `out/<op>/<split>.jsonl`.

    Other splits keep their own targets: an expert is judged by gold, not by its teacher. Rows whose text cannot be
    parsed are dropped; the manifest counts them by reason. `progress` is told of each row of a file.
    Raises `ConfigError` for missing or broken data or when nothing is left, `TeacherError` when the teacher fails.
    """
    found = [name for name in operations.all_names() if (source / name / "train.jsonl").is_file()]
    for name in found if names is None else names:
        _label_operation(operations.get(name), source / name, teacher, out / name, progress)
    return out


def _label_operation(operation: AnyOperation, source: Path, teacher: Teacher, out: Path, progress: Progress) -> None:
    files = {path.stem: path for path in sorted(source.glob("*.jsonl"))}
    config = {
        "operation": operation.name,
        "teacher": dict(teacher.description),
        "source_sha256": {split: sha256_file(path) for split, path in files.items()},
    }
    if is_current(out, config):
        return
    if out.resolve() == source.resolve():
        raise ConfigError(f"labelled data {out}: expected another folder than the source, got the same one")
    with write_folder(out) as folder:
        counts = {}
        for split, path in files.items():
            if split in LABELLED:
                counts[split] = _label_split(
                    operation, read_examples(path, has_targets=False), teacher, folder / path.name, progress
                )
            else:
                (folder / path.name).write_bytes(path.read_bytes())
        write_manifest(folder, KIND, config, facts={"rows": counts})


def _label_split(
    operation: AnyOperation,
    examples: Sequence[Example],
    teacher: Teacher,
    path: Path,
    progress: Progress,
) -> dict[str, int]:
    steps = Steps(progress, f"{operation.name}/{path.name}", len(examples))
    texts = teacher.label(operation, examples, steps.advance)
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for example, text in zip(examples, texts, strict=True):
            cleaned = clean(operation, operation.read_input(example.input), text)
            if cleaned.target is None:
                counts[f"dropped: {cleaned.reason}"] += 1
                continue
            counts["kept"] += 1
            counts["events removed"] += cleaned.removed
            file.write(write_example(replace(example, target=cleaned.target)) + "\n")
    if not counts["kept"]:
        raise ConfigError(
            f"{operation.name}/{path.name}: expected teacher text that parses, got {dict(counts)} for "
            f"{len(examples)} rows; look at the teacher's answers or use another model"
        )
    return dict(counts)
