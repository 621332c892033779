"""Inputs + teacher -> the datasets that experts are trained on."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from distill.cleaning import clean
from distill.teachers.teacher import Example, Teacher
from runtime_py import operations
from runtime_py.errors import ConfigError
from runtime_py.files import is_current, sha256_file, write_folder, write_manifest
from runtime_py.operations import Operation

KIND = "memlora.dataset"
LABELLED = ("train", "validation")
Progress = Callable[[str, int, int], None]


def label_datasets(
    source: Path, teacher: Teacher, out: Path, names: Iterable[str] | None = None, progress: Progress | None = None
) -> Path:
    """Let `teacher` label the inputs in `source/<op>/<split>.jsonl`; the cleaned rows go to `out/<op>/<split>.jsonl`.

    Other splits keep their own targets: an expert is judged by gold, not by its teacher. Rows whose text cannot be
    parsed are dropped; the manifest counts them by reason. `progress` gets (file, rows done, rows in all).
    Raises `ConfigError` for missing or broken data or when nothing is left, `TeacherError` when the teacher fails.
    """
    found = [name for name in operations.names() if (source / name / "train.jsonl").is_file()]
    for name in found if names is None else names:
        _label_operation(operations.get(name), source / name, teacher, out / name, progress)
    return out


def read_examples(path: Path) -> list[tuple[dict[str, Any], Example]]:
    """The rows of a dataset file, targets optional, as they stand and as examples.

    Raises `ConfigError` naming file and line.
    """
    examples = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            row = json.loads(line)
            examples.append((row, Example(str(row["id"]), dict(row["input"]), row.get("target"))))
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise ConfigError(f"dataset {path}, line {number}: expected id and input, got {e!r}") from e
    return examples


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"dataset {path}: expected UTF-8 JSON lines, got {e}") from e


def _label_operation(
    operation: Operation, source: Path, teacher: Teacher, out: Path, progress: Progress | None
) -> None:
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
                counts[split] = _label_split(operation, read_examples(path), teacher, folder / path.name, progress)
            else:
                (folder / path.name).write_bytes(path.read_bytes())
        write_manifest(folder, KIND, config, facts={"rows": counts})


def _label_split(
    operation: Operation,
    rows: Sequence[tuple[dict[str, Any], Example]],
    teacher: Teacher,
    path: Path,
    progress: Progress | None,
) -> dict[str, int]:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(f"{operation.name}/{path.name}", done, len(rows))

    texts = teacher.label(operation, [example for _, example in rows], advance)
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as file:
        for (row, example), text in zip(rows, texts, strict=True):
            cleaned = clean(operation, operation.read_input(example.input), text)
            if cleaned.target is None:
                counts[f"dropped: {cleaned.reason}"] += 1
                continue
            counts["kept"] += 1
            counts["events removed"] += cleaned.removed
            labelled = row | {"target": cleaned.target}
            file.write(json.dumps(labelled, ensure_ascii=False, separators=(",", ":")) + "\n")
    if not counts["kept"]:
        raise ConfigError(
            f"{operation.name}/{path.name}: expected teacher text that parses, got {dict(counts)} for "
            f"{len(rows)} rows; look at the teacher's answers or use another model"
        )
    return dict(counts)
