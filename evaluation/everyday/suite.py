"""The everyday suite: written dialogues remembered and asked about, as a user would, with baselines beside.

The journal keeps what happened; it is judged when figures are made, so a better rule needs no new run.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evaluation.everyday.dialogue import WAYS, Advance, DialogueRun
from evaluation.everyday.judge import is_right
from evaluation.figures.intervals import Share
from evaluation.figures.journal import Journal, fingerprint
from runtime_py.dialogues import Dialogue, Question, read_dialogues
from runtime_py.operations.generator import Generator
from runtime_py.store import Embedder, Store

KINDS = ("single_hop", "multi_hop", "temporal", "changed", "retracted", "past")
Figures = dict[str, Any]
Asked = tuple[Question, Mapping[str, Any]]


def choose(path: Path, limit: int | None) -> list[Dialogue]:
    """`limit` dialogues of a file, evenly over hands (the first letter of an id), in the file's order.

    Raises:
        ConfigError: a file that cannot be read.
    """
    dialogues = list(read_dialogues(path))
    by_hand: dict[str, list[Dialogue]] = {}
    for dialogue in dialogues:
        by_hand.setdefault(dialogue.id[:1], []).append(dialogue)
    rounds = [d for row in zip_longest(*by_hand.values()) for d in row if d is not None]
    chosen = {dialogue.id for dialogue in rounds[:limit]}
    return [dialogue for dialogue in dialogues if dialogue.id in chosen]


def steps(dialogues: Sequence[Dialogue], ways: Sequence[str]) -> int:
    """How often `evaluate_split` advances where nothing is known yet."""
    exchanges = sum((len(session.turns) + 1) // 2 for dialogue in dialogues for session in dialogue.sessions)
    return exchanges + len(ways) * sum(len(dialogue.questions) for dialogue in dialogues)


def evaluate_split(
    dialogues: Sequence[Dialogue],
    models: Mapping[str, Generator],
    embedder: Embedder,
    config: str,
    journal: Path,
    ways: Sequence[str] = WAYS,
    limit: int = 8,
    advance: Advance = lambda _what: None,
) -> Figures:
    """`{"dialogues", "answers": {way: figures}, "missing": {way: why}}`.

    `models` has `expert` and `base`, `config` names them and the data, so that results never mix; `limit` turns or
    memories go into an answer.

    Raises:
        ConfigError: a journal that cannot be used.
    """
    with Journal(journal, fingerprint(config, limit)) as results:
        for dialogue in dialogues:
            _run(dialogue, models, embedder, results, ways, limit, advance)
        answers: Figures = {}
        missing = {}
        for way in ways:
            records = {dialogue.id: results[f"{dialogue.id}/{way}"] for dialogue in dialogues}
            reasons = [record["missing"] for record in records.values() if "missing" in record]
            if reasons:
                missing[way] = reasons[0]
                continue
            answers[way] = summarise([asked for dialogue in dialogues for asked in _pairs(dialogue, records)])
    return {"dialogues": len(dialogues), "answers": answers, "missing": missing}


def _run(
    dialogue: Dialogue,
    models: Mapping[str, Generator],
    embedder: Embedder,
    results: Journal,
    ways: Sequence[str],
    limit: int,
    advance: Advance,
) -> None:
    """What the journal lacks of one dialogue; it is remembered anew where anything is lacking."""
    wanted = [way for way in ways if f"{dialogue.id}/{way}" not in results]
    if f"{dialogue.id}/memory" in results and not wanted:
        return
    with (
        TemporaryDirectory(prefix="memlora-evaluation-") as folder,
        Store(Path(folder) / "memory.db", embedder) as store,
    ):
        run = DialogueRun(dialogue, models, embedder, store, limit)
        remembered = run.remember(advance)
        if f"{dialogue.id}/memory" not in results:
            results.add(f"{dialogue.id}/memory", remembered)
        for way in wanted:
            results.add(f"{dialogue.id}/{way}", run.ask(way, advance))


def _pairs(dialogue: Dialogue, records: Mapping[str, Any]) -> list[Asked]:
    return list(zip(dialogue.questions, records[dialogue.id]["answers"], strict=True))


def summarise(asked: Sequence[Asked]) -> Figures:
    """Right answers of answerable questions, in all and by kind, and refusals of the others."""
    rights = [(question, is_right(record["answer"], question)) for question, record in asked]
    figures: Figures = {"answered": Share.of([right for q, right in rights if q.kind != "unanswerable"])}
    for kind in KINDS:
        figures[kind] = Share.of([right for question, right in rights if question.kind == kind])
    figures["unanswerable, refused"] = Share.of([right for q, right in rights if q.kind == "unanswerable"])
    return figures
