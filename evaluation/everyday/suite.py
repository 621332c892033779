"""The everyday suite: written dialogues remembered and asked about, as a user would, with baselines beside.

The journal keeps what happened; it is judged when figures are made, so a better rule needs no new run.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path
from string import digits
from tempfile import TemporaryDirectory

from evaluation.everyday.dialogue import WAYS, Advance, DialogueRun
from evaluation.everyday.figures import Figures, answer_figures, cost_figures, example, memory_figures
from evaluation.figures.journal import Journal, fingerprint
from runtime_py.dialogues import Dialogue, read_dialogues
from runtime_py.operations.generator import Generator
from runtime_py.store import Embedder, Store


def choose(path: Path, limit: int | None) -> list[Dialogue]:
    """`limit` dialogues of a file, evenly over hands (what an id has before its number), in the file's order.

    Raises:
        ConfigError: a file that cannot be read.
    """
    dialogues = list(read_dialogues(path))
    by_hand: dict[str, list[Dialogue]] = {}
    for dialogue in dialogues:
        by_hand.setdefault(dialogue.id.rstrip(digits), []).append(dialogue)
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
    asked_on: date | None = None,
) -> Figures:
    """`{"dialogues", "answers": {way: figures}, "missing": {way: why}, "memory": figures, "cost": {step: figures},
    "example"}` (`figures` says what each holds).

    `models` has `expert` and `base`, `config` names them and the data, so that results never mix; `limit` turns or
    memories go into an answer. With `asked_on` everything was said, and is asked, on that day.

    Raises:
        ConfigError: a journal that cannot be used.
    """
    with Journal(journal, fingerprint(config, limit, str(asked_on))) as results:
        for dialogue in dialogues:
            _run(dialogue, models, embedder, results, ways, limit, advance, asked_on)
        memory = [results[f"{dialogue.id}/memory"] for dialogue in dialogues]
        asked = {way: [results[f"{dialogue.id}/{way}"] for dialogue in dialogues] for way in ways}
    missing = {way: rows[0]["missing"] for way, rows in asked.items() if "missing" in rows[0]}
    asked = {way: rows for way, rows in asked.items() if way not in missing}
    return {
        "dialogues": len(dialogues),
        "answers": {way: answer_figures(dialogues, rows) for way, rows in asked.items()},
        "missing": missing,
        "memory": memory_figures(dialogues, memory),
        "cost": cost_figures(memory, asked),
        "example": example(dialogues[0], memory[0], {way: rows[0] for way, rows in asked.items()}),
    }


def _run(
    dialogue: Dialogue,
    models: Mapping[str, Generator],
    embedder: Embedder,
    results: Journal,
    ways: Sequence[str],
    limit: int,
    advance: Advance,
    asked_on: date | None,
) -> None:
    """What the journal lacks of one dialogue; it is remembered anew where anything is lacking."""
    wanted = [way for way in ways if f"{dialogue.id}/{way}" not in results]
    if f"{dialogue.id}/memory" in results and not wanted:
        return
    with (
        TemporaryDirectory(prefix="memlora-evaluation-") as folder,
        Store(Path(folder) / "memory.db", embedder) as store,
    ):
        run = DialogueRun(dialogue, models, embedder, store, limit, asked_on)
        remembered = run.remember(advance)
        if f"{dialogue.id}/memory" not in results:
            results.add(f"{dialogue.id}/memory", remembered)
        for way in wanted:
            results.add(f"{dialogue.id}/{way}", run.ask(way, advance))
