"""The teacher's memory bank, and the rows that experts are taught."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from distill.datasets.inputs import to_row
from distill.teachers.bank import RecordingGenerator, TeacherGenerator, TeacherStopped
from evaluation.figures.journal import fingerprint
from evaluation.protocol.rows import ANSWER, FACTS, MEMORY
from evaluation.protocol.views import exchanges_of, in_order, read_facts, remember, view_of
from memlora_cli.reproduce.ingredients import Ingredients
from memlora_cli.reproduce.run_folder import RunFolder
from runtime_py import operations
from runtime_py.dialogues import Dialogue, to_json
from runtime_py.errors import ConfigError
from runtime_py.files import Example, read_examples, write_example, write_file_atomic
from runtime_py.memory import Memory, exchanges
from runtime_py.operations.extract import ExtractInput
from runtime_py.operations.generate import GenerateInput
from runtime_py.progress import Steps
from runtime_py.store import Embedder, Store

STORE = "memory.db"
PARTS = ("train", "validation")


class BankStopped(Exception):
    """The run has ended meanwhile, by an error elsewhere or by its user."""


def make_bank(
    run: RunFolder,
    given: Ingredients,
    dialogue: Dialogue,
    embedder: Embedder,
    go_on: Callable[[], None] = lambda: None,
) -> Path:
    """A stage: the teacher's memory of both views of a conversation, and its rows by operation.

    `go_on` is called after each answer that is asked for ahead and after each exchange, and ends it by what it raises.
    """
    made_from = {"dialogue": fingerprint(to_json(dialogue)), "teacher": given.taught_by, "embedder": embedder.id}

    def make(_work: Path, out: Path) -> Mapping[str, Any]:
        inner = given.teacher(dialogue)
        steps = Steps(run.progress, f"teacher: {dialogue.id}", 2 * exchanges_of(dialogue))
        if isinstance(inner, TeacherGenerator):
            inner.ask_ahead(FACTS, _extractions(dialogue), go_on)
        generator = RecordingGenerator(inner)

        def step(_what: str) -> None:
            steps.advance()
            go_on()

        try:
            with Memory(generator, embedder, Store(out / STORE, embedder)) as memory:
                tallies = remember(memory, dialogue, step)
        except TeacherStopped as e:
            raise e.error from e
        for name, rows in generator.rows.items():
            _write(out / f"{name}.jsonl", list(rows.values()))
        told = {name: {"stored": t.stored, "empty": t.empty, "failed": t.failed} for name, t in tallies.items()}
        return {"exchanges": told, "answers of no use": generator.failed}

    return run.stage(f"bank {dialogue.id}", made_from, make)


def _extractions(dialogue: Dialogue) -> list[ExtractInput]:
    """What the memory will ask of both views, so that a teacher may answer all at once."""
    found = []
    for speaker in dialogue.speakers:
        for session, _, messages in exchanges(view_of(dialogue, speaker)):
            spoken = tuple(message for message in messages if message.text.strip())
            day = session.moment.date() if isinstance(session.moment, datetime) else session.moment
            found += [ExtractInput(spoken, day)] if spoken else []
    return found


def make_rows(run: RunFolder, given: Ingredients, embedder: Embedder) -> Path:
    """A stage: `<operation>/train.jsonl` and `validation.jsonl`, as training reads them."""
    dialogues = {part: given.split[part] for part in PARTS}
    every = [dialogue for part in PARTS for dialogue in dialogues[part]]
    banks = _make_banks(run, given, every, embedder)
    protocol = given.protocol
    made_from = {
        "banks": {part: [banks[d.id].name for d in found] for part, found in dialogues.items()},
        "memories_per_speaker": protocol.memories_per_speaker,
        "taught_categories": list(protocol.taught_categories),
    }

    def make(work: Path, out: Path) -> Mapping[str, Any]:
        counts: dict[str, dict[str, int]] = {}
        for part, found in dialogues.items():
            rows: dict[str, dict[str, Example]] = {FACTS: {}, MEMORY: {}, ANSWER: {}}
            for dialogue in found:
                for name in (FACTS, MEMORY):
                    path = banks[dialogue.id] / f"{name}.jsonl"
                    rows[name] |= {row.id: row for row in read_examples(path)} if path.stat().st_size else {}
                rows[ANSWER] |= _answers(banks[dialogue.id], work, dialogue, given, embedder)
            for name, told in rows.items():
                if not told:
                    raise ConfigError(
                        f"nothing to teach {name}: expected rows of {', '.join(d.id for d in found)} ({part}), got "
                        "none; the teacher's answers were of no use, or the conversations are too short"
                    )
                (out / name).mkdir(exist_ok=True)
                _write(out / name / f"{part}.jsonl", list(told.values()))
                counts.setdefault(name, {})[part] = len(told)
        return {"rows": counts}

    return run.stage("rows", made_from, make)


def _make_banks(
    run: RunFolder, given: Ingredients, dialogues: Sequence[Dialogue], embedder: Embedder
) -> dict[str, Path]:
    """Each in order, several of them beside one another; where the run ends, they end at their next answer."""
    ended = Event()

    def go_on() -> None:
        if ended.is_set():
            raise BankStopped

    with ThreadPoolExecutor(given.together) as pool:
        try:
            made = pool.map(lambda dialogue: make_bank(run, given, dialogue, embedder, go_on), dialogues)
            return dict(zip((dialogue.id for dialogue in dialogues), made, strict=True))
        except BaseException:
            ended.set()
            raise


def _answers(bank: Path, work: Path, dialogue: Dialogue, given: Ingredients, embedder: Embedder) -> dict[str, Example]:
    """Questions with the bank's memories, and the gold answers as targets."""
    asked = operations.get(ANSWER)
    copy = work / f"{bank.name}.db"
    copy.write_bytes((bank / STORE).read_bytes())  # a store that is opened changes, and a stage must not
    rows = {}
    with Memory(given.teacher(dialogue), embedder, Store(copy, embedder)) as memory:
        for question in dialogue.questions:
            if question.category in given.protocol.taught_categories:
                told = read_facts(memory, dialogue, question.text, given.protocol.memories_per_speaker)
                read = GenerateInput(question.text, in_order(told))
                name = f"{ANSWER}/{dialogue.id}/{question.id}"
                rows[name] = Example(name, dict(to_row(read)), asked.render_output(question.answer), question.kind)
    return rows


def _write(path: Path, rows: list[Example]) -> None:
    write_file_atomic(path, "".join(write_example(row) + "\n" for row in rows).encode())
